// SPDX-License-Identifier: Apache-2.0
//
// One side of a ring, or of a device queue, with the memory that the test writes as its peer.
#pragma once

#include <cstdint>
#include <memory>

#include "ring_memory.hpp"
#include "rings.hpp"

namespace paravane::unit {

class Victim {
  public:
    Victim() = default;
    Victim(const Victim &) = delete;
    Victim &operator=(const Victim &) = delete;
    Victim(Victim &&) = delete;
    Victim &operator=(Victim &&) = delete;
    virtual ~Victim() = default;

    [[nodiscard]] virtual pv_rule refused() const = 0;
    // Tries all that a side can do and expects that nothing moves.
    virtual void try_everything() = 0;
    // Closes the refused ring. Returns whether that may store the state.
    virtual bool close() = 0;
    // The memory of the ring that is refused.
    virtual RingMemory &memory() = 0;
    // False where the refusal is of the queue and its rings are good.
    [[nodiscard]] virtual bool ring_is_refused() const { return true; }
};

class ProducerVictim : public Victim {
  public:
    explicit ProducerVictim(pv_violations &violations, uint32_t slots = 4)
        : geometry{slots, 16}, ring(geometry), violations_(violations)
    {
    }
    void attach(uint32_t index = 0) { attach_at(ring.at(), ring.bytes(), geometry, index); }
    void attach_at(pv_shared at, uint64_t bytes, pv_ring_geometry shape, uint32_t index = 0)
    {
        static_cast<void>(pv_producer_attach(&side, at, bytes, shape, index, &violations_));
    }
    uint32_t put(uint32_t count);

    [[nodiscard]] pv_rule refused() const override { return pv_producer_refused(&side); }
    void try_everything() override;
    bool close() override;
    RingMemory &memory() override { return ring; }

    pv_ring_geometry geometry;
    RingMemory ring;
    pv_producer side = {};

  private:
    pv_violations &violations_;
};

class ConsumerVictim : public Victim {
  public:
    explicit ConsumerVictim(pv_violations &violations, uint32_t slots = 4)
        : geometry{slots, 16}, ring(geometry), violations_(violations)
    {
    }
    void attach(uint32_t index = 0) { attach_at(ring.at(), ring.bytes(), geometry, index); }
    void attach_at(pv_shared at, uint64_t bytes, pv_ring_geometry shape, uint32_t index = 0)
    {
        static_cast<void>(pv_consumer_attach(&side, at, bytes, shape, index, &violations_));
    }
    uint32_t take(uint32_t most);

    [[nodiscard]] pv_rule refused() const override { return pv_consumer_refused(&side); }
    void try_everything() override;
    bool close() override;
    RingMemory &memory() override { return ring; }

    pv_ring_geometry geometry;
    RingMemory ring;
    pv_consumer side = {};

  private:
    pv_violations &violations_;
};

class WriterVictim : public Victim {
  public:
    explicit WriterVictim(pv_violations &violations, uint32_t size = 16)
        : capacity(size), ring(512 + uint64_t{size}), violations_(violations)
    {
    }
    void attach(uint32_t index = 0) { attach_at(ring.at(), ring.bytes(), capacity, index); }
    void attach_at(pv_shared at, uint64_t bytes, uint32_t size, uint32_t index = 0)
    {
        static_cast<void>(pv_stream_writer_attach(&side, at, bytes, size, index, &violations_));
    }

    [[nodiscard]] pv_rule refused() const override { return pv_stream_writer_refused(&side); }
    void try_everything() override;
    bool close() override;
    RingMemory &memory() override { return ring; }

    uint32_t capacity;
    RingMemory ring;
    pv_stream_writer side = {};

  private:
    pv_violations &violations_;
};

class ReaderVictim : public Victim {
  public:
    explicit ReaderVictim(pv_violations &violations, uint32_t size = 16)
        : capacity(size), ring(512 + uint64_t{size}), violations_(violations)
    {
    }
    void attach(uint32_t index = 0) { attach_at(ring.at(), ring.bytes(), capacity, index); }
    void attach_at(pv_shared at, uint64_t bytes, uint32_t size, uint32_t index = 0)
    {
        static_cast<void>(pv_stream_reader_attach(&side, at, bytes, size, index, &violations_));
    }

    [[nodiscard]] pv_rule refused() const override { return pv_stream_reader_refused(&side); }
    void try_everything() override;
    bool close() override;
    RingMemory &memory() override { return ring; }

    uint32_t capacity;
    RingMemory ring;
    pv_stream_reader side = {};

  private:
    pv_violations &violations_;
};

// A frontend with 4 slots each way; the test is its backend.
class FrontendVictim : public Victim {
  public:
    explicit FrontendVictim(pv_violations &violations, uint32_t depth = 4);
    uint32_t put();
    // The peer's response in the next slot, published.
    void answer(const pv_response_head &head);
    bool take();

    [[nodiscard]] pv_rule refused() const override;
    void try_everything() override;
    bool close() override;
    RingMemory &memory() override { return responses; }
    [[nodiscard]] bool ring_is_refused() const override { return of_init == PV_RULE_KEPT; }

    RingMemory requests;
    RingMemory responses;
    pv_rule of_init;
    pv_frontend_queue queue = {};

  private:
    uint32_t answered_ = 0;
};

// A backend with 4 slots each way, offered operations 0 and 5 and flag 4; the test is its frontend.
class BackendVictim : public Victim {
  public:
    explicit BackendVictim(pv_violations &violations, uint32_t depth = 4);
    // The peer's request in the next slot, published.
    void ask(const pv_request_head &head);
    bool take();
    bool respond(uint32_t id);

    [[nodiscard]] pv_rule refused() const override;
    void try_everything() override;
    bool close() override;
    RingMemory &memory() override { return requests; }
    [[nodiscard]] bool ring_is_refused() const override { return of_init == PV_RULE_KEPT; }

    RingMemory requests;
    RingMemory responses;
    pv_rule of_init;
    pv_backend_queue queue = {};

  private:
    uint32_t asked_ = 0;
};

} // namespace paravane::unit
