// SPDX-License-Identifier: Apache-2.0
#include "ring/rte_ring.hpp"

namespace paravane::bench {

bool have_rte_ring()
{
    return false;
}

double measure_rte_ring(const Setting & /*setting*/, uint32_t /*burst*/, uint32_t /*patience*/,
                        std::string &error)
{
    error = "built without DPDK's headers";
    return 0;
}

} // namespace paravane::bench
