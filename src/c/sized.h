// Sized structs: those of the C interface that begin with `size` and may grow at their end. An
// older program's are shorter: what it does not know is 0, the default. A newer program's are
// longer: fine as long as it asks for nothing there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "perdure/c.h"
#include "perdure/status.h"

namespace perdure::c {

// Bytes of each in the first release that had it; never changed. No program has a shorter one.
template <typename T>
inline constexpr std::size_t first_bytes = 0;
template <>
inline constexpr std::size_t first_bytes<perdure_table> = 40;
template <>
inline constexpr std::size_t first_bytes<perdure_category> = 24;
template <>
inline constexpr std::size_t first_bytes<perdure_world_options> = 88;
template <>
inline constexpr std::size_t first_bytes<perdure_recovery> = 56;
template <>
inline constexpr std::size_t first_bytes<perdure_health> = 144;
template <>
inline constexpr std::size_t first_bytes<perdure_commit_options> = 24;
template <>
inline constexpr std::size_t first_bytes<perdure_condition> = 24;
template <>
inline constexpr std::size_t first_bytes<perdure_scan> = 48;

// `invalid`: null, or a size that no program has; `unsupported`: something is asked for beyond
// `known` bytes.
Status check_size(const void* given, std::string_view what, std::size_t first, std::size_t known);
Status check_room(const void* given, std::string_view what, std::size_t first);
// `unsupported` if a bit is set that is not among `known`, or a number is above its last.
Status check_flags(std::uint32_t flags, std::uint32_t known, std::string_view what);
Status check_number(std::int64_t number, std::int64_t last, std::string_view what);

// Takes what the caller gave, as long as it is.
template <typename T>
Status take(const T* given, std::string_view what, T& own) {
    static_assert(first_bytes<T> >= sizeof(own.size) && first_bytes<T> <= sizeof(T));
    if (Status status = check_size(given, what, first_bytes<T>, sizeof(T)); !status.ok()) {
        return status;
    }
    own = T{};
    std::memcpy(&own, given, std::min<std::size_t>(given->size, sizeof(T)));
    return {};
}

// The same of options, which may be null: all defaults.
template <typename T>
Status take_options(const T* given, std::string_view what, T& own) {
    own = T{};
    return given == nullptr ? Status() : take(given, what, own);
}

// Gives the caller what fits into its own.
template <typename T>
Status give(const T& own, std::string_view what, T* to) {
    static_assert(first_bytes<T> >= sizeof(own.size) && first_bytes<T> <= sizeof(T));
    if (Status status = check_room(to, what, first_bytes<T>); !status.ok()) return status;
    const std::uint32_t size = to->size;
    std::memset(static_cast<void*>(to), 0, size);
    std::memcpy(static_cast<void*>(to), &own, std::min<std::size_t>(size, sizeof(T)));
    to->size = size;
    return {};
}

}  // namespace perdure::c
