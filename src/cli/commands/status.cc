#include "cli/commands/status.h"

#include <cstdint>
#include <ctime>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quantity.h"
#include "base/utc.h"
#include "cli/store_view.h"
#include "cli/value_text.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"
#include "journal/inspect.h"

namespace perdure::cli {

namespace {

constexpr std::size_t damages_shown_max = 10;  // `perdure verify` says all

struct WorldStatus {
    engine::Identity identity;
    std::optional<std::string> owner;
    std::uint64_t journal_files = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t lsn = 0;  // the newest in the journal, or in the store if that is ahead
    std::optional<std::uint64_t> tick;
    std::uint64_t stored_lsn = 0;
    std::uint64_t store_bytes = 0;
    std::uint64_t quarantined = 0;  // files
    std::vector<Status> damage;     // of the journal: the first that was met
};

// Reads the journal as it is; its owner may be writing the last group.
Status look_at_journal(io::FileSystem& files, const std::string& directory, WorldStatus& status) {
    journal::Inspection inspection;
    inspection.file = [&](const journal::FileFound& found,
                          const std::vector<TableDefinition>&) -> Status {
        ++status.journal_files;
        status.journal_bytes += found.bytes;
        return {};
    };
    inspection.group = [&](const journal::GroupSeen& group) -> Status {
        for (const ChangeSet& changes : group.changes) {
            status.lsn = changes.lsn;
            if (changes.tick) status.tick = changes.tick;
        }
        return {};
    };
    inspection.damage = [&](const Status& found) -> Status {
        if (status.damage.size() < damages_shown_max) status.damage.push_back(found);
        return {};
    };
    return journal::inspect(files, directory, inspection);
}

std::uint64_t number_of(const Value& value) {
    const auto* number = value.get_if<std::int64_t>();
    return number == nullptr ? 0 : static_cast<std::uint64_t>(*number);
}

Status look_at_store(io::FileSystem& files, const engine::WorldDirectory& directory,
                     WorldStatus& status) {
    const std::string path = directory.store();
    PERDURE_TAKE(const bool there, files.exists(path));
    if (!there) return {};  // the world's very first moments
    PERDURE_TAKE(const auto file, files.open(path, {}));
    PERDURE_TAKE(status.store_bytes, file->size());
    PERDURE_TAKE(const StoreView store, StoreView::open(files, directory));
    PERDURE_TAKE(const auto answer, store.ask("SELECT lsn, tick FROM _perdure_world"));
    if (answer.rows.empty()) return error(Code::corrupt, "{}: says nothing about its world", path);
    status.stored_lsn = number_of(answer.rows[0][0]);
    if (status.stored_lsn >= status.lsn) {
        status.lsn = status.stored_lsn;
        if (!answer.rows[0][1].is_null()) status.tick = number_of(answer.rows[0][1]);
    }
    return {};
}

Result<WorldStatus> look(const std::string& path) {
    io::PosixFileSystem files;
    const engine::WorldDirectory directory(files, path);
    WorldStatus status;
    PERDURE_TAKE(status.identity, directory.read_identity());
    status.owner = directory.owner();
    PERDURE_TRY(look_at_journal(files, directory.journal(), status));
    PERDURE_TRY(look_at_store(files, directory, status));
    PERDURE_TAKE(const bool has_quarantine, files.exists(directory.quarantine()));
    if (has_quarantine) {
        PERDURE_TAKE(const auto names, files.list(directory.quarantine()));
        status.quarantined = names.size();
    }
    return status;
}

void print_text(const WorldStatus& status) {
    fmt::print("world       {}, made {}\n", to_text(status.identity.world),
               utc_text(status.identity.created_us));
    fmt::print("format      {}.{}\n", status.identity.format_major, status.identity.format_minor);
    fmt::print("owner       {}\n", status.owner.value_or("nobody"));
    fmt::print("newest      LSN {}, tick {}\n", status.lsn,
               status.tick ? std::to_string(*status.tick) : "none");
    fmt::print("journal     {} in {} files\n", bytes_text(status.journal_bytes),
               status.journal_files);
    fmt::print("store       {}, up to LSN {}, {} behind\n", bytes_text(status.store_bytes),
               status.stored_lsn, status.lsn - status.stored_lsn);
    fmt::print("quarantine  {} files\n", status.quarantined);
    for (const Status& damage : status.damage) fmt::print("WRONG       {}\n", damage.text());
}

nlohmann::ordered_json json_of(const WorldStatus& status) {
    const engine::Identity& identity = status.identity;
    nlohmann::ordered_json json{
        {"world", to_text(identity.world)},
        {"created_us", identity.created_us},
        {"format", fmt::format("{}.{}", identity.format_major, identity.format_minor)},
        {"owner", nullptr},
        {"lsn", status.lsn},
        {"tick", nullptr},
        {"journal_bytes", status.journal_bytes},
        {"journal_files", status.journal_files},
        {"store_bytes", status.store_bytes},
        {"stored_lsn", status.stored_lsn},
        {"quarantined", status.quarantined},
        {"wrong", nlohmann::ordered_json::array()}};
    if (status.owner) json["owner"] = *status.owner;
    if (status.tick) json["tick"] = *status.tick;
    for (const Status& damage : status.damage) {
        json["wrong"].push_back({{"code", code_name(damage.code())}, {"what", damage.message()}});
    }
    return json;
}

}  // namespace

ExitCode run_status(const StatusOptions& options) {
    const Result<WorldStatus> status = look(options.directory);
    if (!status) return report(status.status());
    if (options.json) {
        fmt::print("{}", json_line(json_of(*status)));
    } else {
        print_text(*status);
    }
    return status->damage.empty() ? ExitCode::done : report(status->damage.front());
}

}  // namespace perdure::cli
