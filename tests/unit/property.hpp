// SPDX-License-Identifier: Apache-2.0
//
// A property that is checked for every case there is within stated bounds. Each has a name, which
// `paravane-unit --gtest_list_tests` lists under Property.
#pragma once

namespace paravane::unit {

class Property {
  public:
    // All of it must have static storage duration.
    Property(const char *name, void (*check)(), const char *file, int line);
};

} // namespace paravane::unit

// GoogleTest's own macro takes no hyphens.
#define PARAVANE_PROPERTY(function, name)                                                          \
    static void function();                                                                        \
    static const paravane::unit::Property function##_property(name, function, __FILE__, __LINE__); \
    static void function()
