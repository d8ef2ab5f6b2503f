// Assertions for our own bugs: always on, in release too. What comes from disk, network or a caller
// is never asserted; it is an error.
#pragma once

namespace perdure {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace perdure

#define PERDURE_ASSERT(condition)       \
    (__builtin_expect(!!(condition), 1) \
         ? static_cast<void>(0)         \
         : ::perdure::assertion_failed(#condition, __FILE__, __LINE__))
