// SPDX-License-Identifier: Apache-2.0
//
// The digest of a state: two prefixes with the same digest have the same futures. What nobody can
// see any more (messages below every view, epochs that everybody knows) is left out, so that states
// which differ in their past alone are one.
#include <algorithm>

#include "model.hpp"

namespace paravane::explorer {

namespace {
// Of each word the oldest position, of each thread the oldest epoch, that some unfinished thread
// (other than itself) has as its newest.
struct Horizon {
    std::array<std::uint8_t, max_words> position;
    std::array<std::uint8_t, max_threads> epoch;
};

Horizon horizon_of(const Model &model)
{
    Horizon horizon{};
    for (std::uint8_t word = 0; word < model.words.count(); word++) // on_end reads the last one
        horizon.position[word] = static_cast<std::uint8_t>(model.words.messages(word) - 1);
    horizon.epoch.fill(0xff);
    for (std::uint8_t number = 0; number < model.threads(); number++) {
        const ThreadState &thread = model.thread(number);
        if (thread.finished)
            continue;
        for (std::uint8_t word = 0; word < model.words.count(); word++)
            horizon.position[word] =
                std::min(horizon.position[word], model.words.position(word, thread.current));
        for (std::uint8_t other = 0; other < model.threads(); other++) {
            if (other != number)
                horizon.epoch[other] = std::min(horizon.epoch[other], thread.current.epoch[other]);
        }
    }
    return horizon;
}

class Packer {
  public:
    explicit Packer(Digest &digest) : digest_(digest) {}
    void byte(std::uint8_t value)
    {
        word_ = word_ << 8 | value;
        if (++bytes_ == 8)
            flush();
    }
    void flush()
    {
        digest_.add(word_);
        word_ = 0;
        bytes_ = 0;
    }

  private:
    Digest &digest_;
    std::uint64_t word_ = 0;
    unsigned bytes_ = 0;
};

class Canon {
  public:
    Canon(const Model &model, Digest &digest)
        : model_(model), horizon_(horizon_of(model)), digest_(digest), pack_(digest)
    {
    }
    void all()
    {
        for (std::uint8_t number = 0; number < model_.threads(); number++) {
            thread(model_.thread(number), model_.outdated_words(number));
            stores(number);
        }
        for (std::uint8_t word = 0; word < model_.words.count(); word++)
            messages(word);
        for (std::uint8_t cell = 0; cell < model_.cells.count(); cell++)
            plain(model_.cells.at(cell));
        pack_.flush();
    }
    void view(const View &view, const View *and_also = nullptr)
    {
        for (std::uint8_t word = 0; word < model_.words.count(); word++) {
            std::uint8_t position = model_.words.position(word, view);
            if (and_also != nullptr)
                position = std::max(position, model_.words.position(word, *and_also));
            pack_.byte(above(position, horizon_.position[word]));
        }
        for (std::uint8_t thread = 0; thread < model_.threads(); thread++) {
            std::uint8_t epoch = view.epoch[thread];
            if (and_also != nullptr)
                epoch = std::max(epoch, and_also->epoch[thread]);
            pack_.byte(above(epoch, horizon_.epoch[thread]));
        }
    }

  private:
    static std::uint8_t above(std::uint8_t value, std::uint8_t floor)
    {
        return value > floor ? static_cast<std::uint8_t>(value - floor) : std::uint8_t{0};
    }
    void thread(const ThreadState &thread, std::uint32_t outdated)
    {
        digest_.add(thread.history.low);
        digest_.add(thread.history.high);
        if (thread.finished)
            return;
        digest_.add(static_cast<std::uint64_t>(thread.unresolved) << 32 | outdated << 16 |
                    thread.read_words);
        view(thread.current);
        view(thread.acquirable, &thread.current);
        view(thread.released);
    }
    // Which store comes next decides which prophecy it can meet. A settled history tells it no more.
    void stores(std::uint8_t thread)
    {
        for (std::uint8_t word = 0; word < model_.words.count(); word++) {
            if ((model_.early_readers()[word] & ~(1U << thread)) != 0)
                pack_.byte(model_.words.stores_of(word, thread));
        }
    }
    void messages(std::uint8_t word)
    {
        pack_.byte(above(model_.words.messages(word), horizon_.position[word]));
        for (std::uint8_t at = horizon_.position[word]; at < model_.words.messages(word); at++) {
            const std::uint8_t number = model_.words.number_at(word, at);
            const Message &message = model_.words.at(word, number);
            digest_.add(message.value);
            pack_.byte(message.executed ? 1 : static_cast<std::uint8_t>(2 + message.owner));
            if (!message.executed)
                pack_.byte(message.nth);
            view(message.view);
        }
    }
    void plain(const Cell &cell)
    {
        const bool written =
            cell.writer != nobody && cell.write_epoch > horizon_.epoch[cell.writer];
        pack_.byte(written ? cell.writer : nobody);
        if (written)
            pack_.byte(above(cell.write_epoch, horizon_.epoch[cell.writer]));
        pack_.byte(cell.initialised ? 1 : 0);
        for (std::uint8_t thread = 0; thread < model_.threads(); thread++)
            pack_.byte(above(cell.read_epoch[thread], horizon_.epoch[thread]));
        digest_.add(cell.value);
    }

    const Model &model_;
    const Horizon horizon_;
    Digest &digest_;
    Packer pack_;
};
} // namespace

Digest Model::digest(std::uint32_t extra) const
{
    Digest digest;
    digest.add(extra);
    Canon canon(*this, digest);
    canon.view(fences_);
    canon.all();
    return digest;
}

} // namespace paravane::explorer
