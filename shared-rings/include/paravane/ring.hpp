// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The slot rings with their message type: the same functions as producer.h and consumer.h, in which
// the size of a slot is the size of a T and cannot be anything else.
#pragma once

#include <cstdint>
#include <span>

#include "peer.hpp"

extern "C" {
#include "consumer.h"
#include "producer.h"
}

namespace paravane {

template <typename T>
concept SlotMessage = WireMessage<T> && sizeof(T) >= PV_SLOT_SIZE_MIN &&
                      sizeof(T) <= PV_SLOT_SIZE_MAX && sizeof(T) % PV_SLOT_SIZE_UNIT == 0;

// Where a ring lies and how many slots it has; `bytes` is what is mapped from `memory` on.
struct RingPlace {
    pv_shared memory;
    uint64_t bytes;
    uint32_t slots;
};

template <SlotMessage T> class Producer {
  public:
    Producer() = default;
    // A copy would be a second owner of the same index.
    Producer(const Producer &) = delete;
    Producer &operator=(const Producer &) = delete;

    // The violations stay the caller's and must outlive the ring.
    [[nodiscard]] pv_rule attach(RingPlace place, uint32_t index, pv_violations &violations)
    {
        return pv_producer_attach(&ring_, place.memory, place.bytes, {place.slots, sizeof(T)},
                                  index, &violations);
    }

    [[nodiscard]] uint32_t put(std::span<const T> messages)
    {
        return pv_producer_put(&ring_, messages.data(), sizeof(T),
                               static_cast<uint32_t>(messages.size()));
    }
    [[nodiscard]] bool put(const T &message)
    {
        return pv_producer_put(&ring_, &message, sizeof(T), 1) == 1;
    }

    // True: the consumer asked to be notified of it.
    [[nodiscard]] bool publish() { return pv_producer_publish(&ring_); }
    void publish_quietly() { pv_producer_publish_quietly(&ring_); }

    // True: there is no such room yet, sleep.
    [[nodiscard]] bool arm(uint32_t wanted = 1) { return pv_producer_arm(&ring_, wanted); }

    [[nodiscard]] uint32_t room() { return pv_producer_room(&ring_); }
    [[nodiscard]] bool peer_closed() { return pv_producer_peer_closed(&ring_); }
    [[nodiscard]] pv_rule refused() const { return pv_producer_refused(&ring_); }

    // Notify the consumer afterwards, always.
    void close() { pv_producer_close(&ring_); }

  private:
    pv_producer ring_{};
};

template <SlotMessage T> class Consumer {
  public:
    Consumer() = default;
    // A copy would be a second owner of the same index.
    Consumer(const Consumer &) = delete;
    Consumer &operator=(const Consumer &) = delete;

    // The violations stay the caller's and must outlive the ring.
    [[nodiscard]] pv_rule attach(RingPlace place, uint32_t index, pv_violations &violations)
    {
        return pv_consumer_attach(&ring_, place.memory, place.bytes, {place.slots, sizeof(T)},
                                  index, &violations);
    }

    // Fills a prefix of `messages` with private copies and returns its length.
    [[nodiscard]] uint32_t take(std::span<T> messages)
    {
        return pv_consumer_take(&ring_, messages.data(), sizeof(T),
                                static_cast<uint32_t>(messages.size()));
    }
    [[nodiscard]] bool take(T &message)
    {
        return pv_consumer_take(&ring_, &message, sizeof(T), 1) == 1;
    }

    // True: the producer waits for the room.
    [[nodiscard]] bool release() { return pv_consumer_release(&ring_); }
    void release_quietly() { pv_consumer_release_quietly(&ring_); }

    // True: there is no such number of messages yet, sleep.
    [[nodiscard]] bool arm(uint32_t wanted = 1) { return pv_consumer_arm(&ring_, wanted); }

    [[nodiscard]] uint32_t available() { return pv_consumer_available(&ring_); }
    [[nodiscard]] bool ended() { return pv_consumer_ended(&ring_); }
    [[nodiscard]] pv_rule refused() const { return pv_consumer_refused(&ring_); }

    // Notify the producer afterwards, always.
    void close() { pv_consumer_close(&ring_); }

  private:
    pv_consumer ring_{};
};

} // namespace paravane
