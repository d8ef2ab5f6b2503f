#include "cli/demo/place.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/demo/components.h"
#include "cli/demo/rules.h"
#include "cli/store_view.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"

namespace perdure::cli::demo {

namespace {

// Tables that every world has.
constexpr const char* others_sql =
    "SELECT count(*) FROM _perdure_catalog WHERE name <> 'entity' AND substr(name, 1, 1) <> '_'";
constexpr const char* ours_sql =
    "SELECT count(*) FROM _perdure_catalog WHERE name = 'tick_summaries'";
constexpr const char* settings_sql = "SELECT seed, walkers, width FROM Settings WHERE entity = 1";

Status not_ours(const std::string& directory) {
    return error(Code::invalid,
                 "{} is a world, but not the demonstration's; name another directory", directory);
}

Status check_settings(const Settings& settings, const DemoOptions& options) {
    if (options.seed.value_or(settings.seed) == settings.seed &&
        options.walkers.value_or(settings.walkers) == settings.walkers &&
        options.side.value_or(settings.width) == settings.width) {
        return {};
    }
    return error(
        Code::invalid,
        "{} was made with --seed {} --walkers {} --side {}; leave these options out, or name "
        "another directory",
        options.directory, settings.seed, settings.walkers, settings.width);
}

// The numbers in the answer's first row; nullopt if there is none, or the store cannot be asked
// now: it may be new, or damaged, and opening it will say so better.
std::optional<std::vector<std::uint64_t>> numbers(const StoreView& store, const char* sql) {
    const auto answer = store.ask(sql);
    if (!answer.ok() || answer->rows.empty()) return std::nullopt;
    std::vector<std::uint64_t> found;
    for (const Value& value : answer->rows.front()) {
        const auto* number = value.get_if<std::int64_t>();
        if (number == nullptr) return std::nullopt;
        found.push_back(static_cast<std::uint64_t>(*number));
    }
    return found;
}

}  // namespace

Status check_place(const DemoOptions& options) {
    io::PosixFileSystem files;
    const engine::WorldDirectory directory(files, options.directory);
    PERDURE_TAKE(const bool has_store, files.exists(directory.store()));
    if (!has_store) return {};
    const auto store = StoreView::open(files, directory);
    if (!store) return {};  // as in numbers()
    const auto others = numbers(*store, others_sql);
    const auto ours = numbers(*store, ours_sql);
    if (others && ours && others->front() > 0 && ours->front() == 0)
        return not_ours(options.directory);
    const auto settings = numbers(*store, settings_sql);
    if (!settings) return {};
    const auto walkers = static_cast<std::uint32_t>((*settings)[1]);
    const auto width = static_cast<std::uint32_t>((*settings)[2]);
    return check_settings({(*settings)[0], width, width, walkers}, options);
}

Status check_founded(World& world, const DemoOptions& options) {
    if (!is_founded(world)) return not_ours(options.directory);
    return check_settings(*world.entities().get<Settings>(world_entity), options);
}

Result<Surface> ground_for(const DemoOptions& options) {
    PERDURE_TAKE(Surface surface, built_in_surface());
    if (options.side) {
        PERDURE_TAKE(surface, cut_square(surface, *options.side));
    }
    PERDURE_TRY(choose_walkers(surface, options.walkers.value_or(0)).status());
    return surface;
}

}  // namespace perdure::cli::demo
