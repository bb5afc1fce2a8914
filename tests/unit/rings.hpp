// SPDX-License-Identifier: Apache-2.0
//
// Every C header of the rings, as C++ sees them.
#pragma once

extern "C" {
#include <paravane/backend_queue.h>
#include <paravane/consumer.h>
#include <paravane/frontend_queue.h>
#include <paravane/producer.h>
#include <paravane/stream.h>
}
