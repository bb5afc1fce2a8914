// SPDX-License-Identifier: Apache-2.0
//
// A transaction's end: all of it or nothing.
#pragma once

#include "backend/store/transaction.hpp"
#include "backend/store/watch_index.hpp"

namespace paravane {

// Refused with EAGAIN when something that the transaction saw has changed since, with EDQUOT when an
// owner would have more than its quota. Watches are told afterwards, in the order of the edits.
[[nodiscard]] Answer<void> commit(const Transaction &transaction, Tree &tree,
                                  const Domains &domains, const WatchIndex &watches);

} // namespace paravane
