// verify_store: judges every page and byte of a store's file and log, and says what is wrong where.
//
// Thread rule: any thread; nobody may write meanwhile (the caller holds the world's lock). Changes
// nothing: what needs SQLite runs on a private copy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "model/change_set.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure::store::sqlite {

inline constexpr std::size_t damages_listed_max = 1000;  // a file of garbage has millions

struct Damage {
    std::string file;
    std::uint64_t page = 0;  // 0: not of one page
    std::uint64_t offset = 0;
    std::string what;
};

struct StoreReport {
    std::uint64_t pages = 0;
    std::uint64_t log_frames = 0;
    std::vector<Damage> damages;  // the first ones
    std::uint64_t damage_count = 0;
    bool log_is_cut = false;         // before what the file has of it: reading both gives a mixture
    std::vector<std::string> notes;  // no damage, but worth saying
    Uuid world;                      // these are what a store says of itself whose pages are whole
    Watermark watermark;

    [[nodiscard]] bool sound() const noexcept { return damage_count == 0; }
};

// Of a newer format, or a judging that failed: not a finding, but the judge's own failure.
[[nodiscard]] bool says_nothing_of_damage(Code code) noexcept;

// `scratch`: an empty directory of the same disk, for the copy; the caller removes it. An error
// means that the judging failed, not the store: `unsupported` (a newer format), `io`, `no_space`.
// Findings name `path`, never the copy.
Result<StoreReport> verify_store(io::FileSystem& files, const std::string& path,
                                 const std::string& scratch);

}  // namespace perdure::store::sqlite
