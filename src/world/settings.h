// Settings: what a person may set for a world, in perdure.toml:
//
//     [category.economy]
//     durability = "stored"        # ephemeral, relaxed, journal, stored
//     interval_ms = 500            # of relaxed rows
//     [limits]
//     journal_bytes_max = 8589934592
//
// Code gives the defaults, the file overrides them. A word that is not known is refused, not
// ignored.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "perdure/durability.h"
#include "perdure/world.h"

namespace perdure {

inline constexpr std::uint64_t settings_bytes_max = 1U << 20;  // of the file

// Changes `options` and `categories` to what the text says; `path` is for messages.
Status apply_settings(std::string_view text, const std::string& path, WorldOptions& options,
                      std::vector<Category>& categories);

}  // namespace perdure
