// SPDX-License-Identifier: Apache-2.0
//
// Small random programs of loads, stores and fences over two words. Each store has a value of its
// own, so that what a load returned tells which store it read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "explorer/explorer.hpp"

namespace paravane::explorer::axioms {

enum class Kind : std::uint8_t { load, store, fence };

struct Event {
    std::uint8_t thread;
    Kind kind;
    Order order;
    std::uint8_t word;   // 0 or 1; of loads and stores
    std::uint32_t value; // of stores: 1, 2, ... over the whole program
};

struct RandomProgram {
    unsigned threads = 0;
    std::vector<Event> events; // those of a thread in its program order
    std::string text() const;
};

// The same for the same seed on every machine.
RandomProgram make_program(std::uint64_t seed);

// Outcomes: what each load returned, in the order of `events`, then the last value of each word.
// By the explorer:
std::vector<std::string> operational(const RandomProgram &program, const Options &options);
// By enumerating every reads-from relation and modification order and asking the axioms:
std::vector<std::string> axiomatic(const RandomProgram &program, bool prophecy);

} // namespace paravane::explorer::axioms
