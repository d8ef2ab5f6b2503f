// perdure.toml.
#include "world/settings.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "fuzz/target.h"

namespace perdure::fuzz {
namespace {

// The categories as a file that says the same.
std::string written(const std::vector<Category>& categories) {
    std::string file;
    for (const Category& category : categories) {
        file += text::format(
            "[category.{}]\ndurability = \"{}\"\ninterval_ms = {}\nconsistency = \"{}\"\n"
            "retention = \"{}\"\n",
            category.name, level_name(category.durability), category.interval_ms,
            category.consistency, category.retention);
    }
    return file;
}

bool has_good_limits(const WorldOptions& options) {
    return options.journal_bytes_max > 0 && options.journal_file_bytes > 0 &&
           options.journal_first_file_bytes > 0 && options.journal_files_ahead > 0 &&
           options.pending_bytes_max > 0 && options.index_bytes_max > 0 &&
           options.drain_interval_ms > 0 && options.drain_bytes > 0;
}

}  // namespace

Outcome settings(ByteSpan input) {
    WorldOptions options;
    std::vector<Category> categories{Category{}};
    const Status status = apply_settings(as_text(input), "perdure.toml", options, categories);
    if (!status.ok()) return refused(status, {Code::invalid});
    PERDURE_ASSERT(has_good_limits(options));
    for (const Category& category : categories) PERDURE_ASSERT(category.validate().ok());
    std::vector<Category> again;
    PERDURE_ASSERT(apply_settings(written(categories), "again.toml", options, again).ok());
    const auto by_name = [](const Category& one, const Category& other) {
        return one.name < other.name;
    };
    std::sort(again.begin(), again.end(), by_name);
    std::sort(categories.begin(), categories.end(), by_name);
    PERDURE_ASSERT(again == categories);
    return Outcome::taken;
}

}  // namespace perdure::fuzz
