// SPDX-License-Identifier: Apache-2.0
//
// The same model stated as axioms over whole executions, sharing nothing with the explorer: for every
// reads-from and every modification order, is this execution consistent?
//   happens-before    program order and synchronises-with, without a cycle; no RMW, so a release
//                     sequence is its head alone (C++20)
//   coherence         happens-before never goes against rf, mo and from-read
//   seq_cst fences    hb, and hb;eco;hb, between them have no cycle (RC11, C++20)
//   no prophecy       program order and reads-from have no cycle (RC11)
//   prophecy          weaker: no cycle of the order in which a machine can act where a relaxed load,
//                     until the next acquire fence of its thread, is free to come before its store
#include <algorithm>
#include <numeric>
#include <set>

#include "random_program.hpp"

namespace paravane::explorer::axioms {

namespace {
// A relation over events: a row of bits each. Two events more than the program stand for the words'
// initial values.
class Relation {
  public:
    explicit Relation(std::size_t size) : rows_(size, 0) {}
    void add(std::size_t from, std::size_t to) { rows_[from] |= 1U << to; }
    bool has(std::size_t from, std::size_t to) const { return (rows_[from] >> to & 1U) != 0; }
    void add(const Relation &other)
    {
        for (std::size_t at = 0; at < rows_.size(); at++)
            rows_[at] |= other.rows_[at];
    }
    Relation closure() const
    {
        Relation closed = *this;
        for (std::size_t via = 0; via < rows_.size(); via++) {
            for (std::size_t from = 0; from < rows_.size(); from++) {
                if (closed.has(from, via))
                    closed.rows_[from] |= closed.rows_[via];
            }
        }
        return closed;
    }
    bool cyclic() const // of a closure
    {
        for (std::size_t at = 0; at < rows_.size(); at++) {
            if (has(at, at))
                return true;
        }
        return false;
    }
    Relation then(const Relation &next) const
    {
        Relation both(rows_.size());
        for (std::size_t from = 0; from < rows_.size(); from++) {
            for (std::size_t via = 0; via < rows_.size(); via++) {
                if (has(from, via))
                    both.rows_[from] |= next.rows_[via];
            }
        }
        return both;
    }

  private:
    std::vector<std::uint32_t> rows_;
};

bool acquires(const Event &event)
{
    return event.order == Order::acquire || event.order == Order::acquire_release ||
           event.order == Order::seq_cst;
}

bool releases(const Event &event)
{
    return event.order == Order::release || event.order == Order::acquire_release ||
           event.order == Order::seq_cst;
}

class Enumeration {
  public:
    Enumeration(const RandomProgram &program, bool prophecy)
        : program_(program), prophecy_(prophecy), count_(program.events.size()),
          source_(program.events.size(), 0), program_order_(count_ + 2)
    {
        for (std::size_t from = 0; from < count_; from++) {
            for (std::size_t to = from + 1; to < count_; to++) {
                if (at(from).thread == at(to).thread)
                    program_order_.add(from, to);
            }
            program_order_.add(count_, from);
            program_order_.add(count_ + 1, from);
        }
    }
    std::set<std::string> run()
    {
        std::array<std::vector<std::size_t>, 2> stores;
        for (std::size_t event = 0; event < count_; event++) {
            if (at(event).kind == Kind::store)
                stores[at(event).word].push_back(event);
        }
        do {
            do {
                stores_ = stores;
                read_from(0);
            } while (std::next_permutation(stores[1].begin(), stores[1].end()));
        } while (std::next_permutation(stores[0].begin(), stores[0].end()));
        return outcomes_;
    }

  private:
    const Event &at(std::size_t event) const { return program_.events[event]; }

    void read_from(std::size_t event)
    {
        while (event < count_ && at(event).kind != Kind::load)
            event++;
        if (event == count_) {
            judge();
            return;
        }
        source_[event] = count_ + at(event).word;
        read_from(event + 1);
        for (const std::size_t store : stores_[at(event).word]) {
            source_[event] = store;
            read_from(event + 1);
        }
    }

    // Where a store's release, or a load's acquire, takes effect: itself, or fences of its thread.
    std::vector<std::size_t> release_points(std::size_t store) const
    {
        std::vector<std::size_t> points;
        if (releases(at(store)))
            points.push_back(store);
        for (std::size_t fence = 0; fence < store; fence++) {
            if (at(fence).kind == Kind::fence && releases(at(fence)) &&
                at(fence).thread == at(store).thread)
                points.push_back(fence);
        }
        return points;
    }
    std::vector<std::size_t> acquire_points(std::size_t load) const
    {
        std::vector<std::size_t> points;
        if (acquires(at(load)))
            points.push_back(load);
        for (std::size_t fence = load + 1; fence < count_; fence++) {
            if (at(fence).kind == Kind::fence && acquires(at(fence)) &&
                at(fence).thread == at(load).thread)
                points.push_back(fence);
        }
        return points;
    }

    void judge()
    {
        const std::size_t size = count_ + 2;
        Relation reads(size);
        Relation order(size); // modification order
        Relation before = program_order_;
        Relation acting = program_order_;
        for (std::size_t word = 0; word < 2; word++) {
            std::vector<std::size_t> line{count_ + word};
            line.insert(line.end(), stores_[word].begin(), stores_[word].end());
            for (std::size_t from = 0; from < line.size(); from++) {
                for (std::size_t to = from + 1; to < line.size(); to++)
                    order.add(line[from], line[to]);
            }
        }
        for (std::size_t load = 0; load < count_; load++) {
            if (at(load).kind != Kind::load)
                continue;
            const std::size_t store = source_[load];
            reads.add(store, load);
            for (const std::size_t point : acquire_points(load))
                acting.add(store, point);
            if (!prophecy_)
                acting.add(store, load);
            if (store >= count_)
                continue;
            for (const std::size_t from : release_points(store)) {
                for (const std::size_t to : acquire_points(load))
                    before.add(from, to);
            }
        }
        before = before.closure();
        if (before.cyclic())
            return;
        Relation communication = reads;
        communication.add(order);
        for (std::size_t load = 0; load < count_; load++) {
            for (std::size_t store = 0; at(load).kind == Kind::load && store < count_; store++) {
                if (order.has(source_[load], store))
                    communication.add(load, store);
            }
        }
        communication = communication.closure();
        if (communication.cyclic() || before.then(communication).cyclic())
            return;
        acting.add(before);
        const Relation around = before.then(communication).then(before);
        Relation fences(size);
        for (std::size_t from = 0; from < count_; from++) {
            for (std::size_t to = 0; to < count_; to++) {
                if (is_sc_fence(from) && is_sc_fence(to) &&
                    (before.has(from, to) || around.has(from, to)))
                    fences.add(from, to);
            }
        }
        if (fences.closure().cyclic())
            return;
        acting.add(fences);
        if (!acting.closure().cyclic())
            outcomes_.insert(name());
    }

    bool is_sc_fence(std::size_t event) const
    {
        return at(event).kind == Kind::fence && at(event).order == Order::seq_cst;
    }

    std::string name() const
    {
        std::string text;
        for (std::size_t event = 0; event < count_; event++) {
            if (at(event).kind == Kind::load)
                text += std::to_string(value(source_[event])) + " ";
        }
        for (std::size_t word = 0; word < 2; word++)
            text += "/" + std::to_string(
                              value(stores_[word].empty() ? count_ + word : stores_[word].back()));
        return text;
    }
    std::uint32_t value(std::size_t store) const { return store >= count_ ? 0 : at(store).value; }

    const RandomProgram &program_;
    const bool prophecy_;
    const std::size_t count_;
    std::array<std::vector<std::size_t>, 2> stores_; // in modification order
    std::vector<std::size_t> source_;                // of each load
    Relation program_order_;
    std::set<std::string> outcomes_;
};
} // namespace

std::vector<std::string> axiomatic(const RandomProgram &program, bool prophecy)
{
    const std::set<std::string> outcomes = Enumeration(program, prophecy).run();
    return {outcomes.begin(), outcomes.end()};
}

} // namespace paravane::explorer::axioms
