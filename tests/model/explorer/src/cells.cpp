// SPDX-License-Identifier: Apache-2.0
#include "cells.hpp"

namespace paravane::explorer {

void Cells::reset(std::uint8_t count)
{
    count_ = count;
    for (std::uint8_t cell = 0; cell < count; cell++)
        cells_[cell] = Cell{};
}

bool Cells::saw_write(const Cell &cell, std::uint8_t thread, const View &known)
{
    return cell.writer == nobody || cell.writer == thread ||
           cell.write_epoch <= known.epoch[cell.writer];
}

Conflict Cells::read(std::uint8_t number, std::uint8_t thread, const View &known,
                     std::uint64_t &value)
{
    Cell &cell = cells_[number];
    value = cell.value;
    if (thread == nobody)
        return {};
    cell.read_epoch[thread] = known.epoch[thread];
    if (!saw_write(cell, thread, known))
        return {Race::with_write, cell.writer};
    if (!cell.initialised)
        return {Race::uninitialised, nobody};
    return {};
}

Conflict Cells::write(std::uint8_t number, std::uint8_t thread, const View &known,
                      std::uint64_t value, bool rewriting)
{
    Cell &cell = cells_[number];
    Conflict conflict;
    if (rewriting && cell.initialised && cell.value == value && saw_write(cell, thread, known))
        return conflict;
    cell.value = value;
    cell.initialised = true;
    if (thread == nobody)
        return conflict;
    if (!saw_write(cell, thread, known))
        conflict = {Race::with_write, cell.writer};
    for (std::uint8_t reader = 0; reader < max_threads; reader++) {
        if (reader != thread && cell.read_epoch[reader] > known.epoch[reader])
            conflict = {Race::with_read, reader};
    }
    cell.writer = thread;
    cell.write_epoch = known.epoch[thread];
    return conflict;
}

} // namespace paravane::explorer
