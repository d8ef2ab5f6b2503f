#include "cli/store_word.h"

#include <algorithm>

#include "base/error.h"
#include "cli/store_view.h"

namespace perdure::cli {

namespace {

Status ask_into(StoreWord& word, io::FileSystem& files, const engine::WorldDirectory& directory) {
    PERDURE_TAKE(const bool there, files.exists(directory.store()));
    if (!there) return error(Code::not_found, "{} is not there", directory.store());
    PERDURE_TAKE(const StoreView store, StoreView::open(files, directory));
    PERDURE_TAKE(const auto world, store.ask("SELECT lsn FROM _perdure_world"));
    const auto* lsn = world.rows.empty() ? nullptr : world.rows[0][0].get_if<std::int64_t>();
    if (lsn == nullptr) {
        return error(Code::corrupt, "{}: says nothing about its world", directory.store());
    }
    word.lsn = static_cast<Lsn>(*lsn);
    const auto categories = store.ask("SELECT name, durability FROM _categories");
    if (!categories) return {};  // nothing was drained yet: the store has no tables
    for (const auto& row : categories->rows) {
        const auto* name = row[0].get_if<std::string>();
        const auto* durability = row[1].get_if<std::string>();
        if (name == nullptr || durability == nullptr) continue;
        if (const auto level = parse_level(*durability)) word.levels[*name] = *level;
    }
    return {};
}

}  // namespace

StoreWord StoreWord::ask(io::FileSystem& files, const engine::WorldDirectory& directory) {
    StoreWord word;
    word.trouble = ask_into(word, files, directory);
    return word;
}

std::optional<Level> StoreWord::level_of(const ChangeSet& changes) const {
    std::optional<Level> strongest;
    for (const Batch& batch : changes.batches) {
        const auto found = levels.find(batch.table().category);
        if (found == levels.end()) return std::nullopt;
        strongest = std::max(strongest.value_or(Level::ephemeral), found->second);
    }
    return strongest;
}

}  // namespace perdure::cli
