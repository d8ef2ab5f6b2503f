// Companions: what lies beside a store's file under its name and an ending, and belongs to that
// file and no other: SQLite's log, the journal of a transaction that made the file, its shared
// memory, the note of a failed flush (log_renewal.h), and how far the log was copied (log_mark.h).
// Beside another file of that name they would be taken for its own.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "store/sqlite/format.h"

namespace perdure::store::sqlite {

inline constexpr const char* log_ending = "-wal";
inline constexpr const char* journal_ending = "-journal";
inline constexpr const char* renewal_ending = "-renewal";
inline constexpr const char* mark_ending = "-mark";
inline constexpr std::array companion_endings{log_ending, journal_ending, "-shm", renewal_ending,
                                              mark_ending};

// Whether a log or a note of this many bytes that lies beside no file tells that its file was taken
// away. A log of nothing but a header does not: power failures while a store was being made leave
// it, beside an empty file or none.
[[nodiscard]] constexpr bool misses_its_file(const char* ending, std::uint64_t bytes) noexcept {
    return std::string_view(ending) != log_ending || bytes > wal_header_bytes;
}

}  // namespace perdure::store::sqlite
