// SPDX-License-Identifier: Apache-2.0
//
// What the units of mutant.host include that is not the project's, precompiled: each is built in half the time.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <boost/system/result.hpp>
