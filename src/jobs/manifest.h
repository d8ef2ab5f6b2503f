// Manifest: what a backup says of itself; the last file that is written into it, so that a
// directory without one is no backup. docs/format/backup.md.
//
// Thread rule: a value, and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/file_system.h"
#include "jobs/table_walk.h"
#include "model/change_set.h"
#include "perdure/backup.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure::jobs {

inline constexpr std::string_view manifest_name = "manifest";
inline constexpr std::string_view backup_store_name = "store.sqlite";
inline constexpr std::string_view backup_settings_name = "perdure.toml";

struct Manifest {
    Uuid world;
    Watermark at;  // without the tick's content hash, which the store has
    std::int64_t taken_us = 0;
    Contents contents;
};

[[nodiscard]] std::string encode_manifest(const Manifest& manifest);
// `corrupt` if it is not one, or not all of one; `unsupported` if it is of a newer format.
Result<Manifest> decode_manifest(std::string_view text);

// Of the backup in this directory. `not_found` says that it holds none, or one that was never
// finished.
Result<Manifest> read_manifest(io::FileSystem& files, const std::string& directory);

// In the words of the public API.
[[nodiscard]] BackupReport report_of(const Manifest& manifest);

}  // namespace perdure::jobs
