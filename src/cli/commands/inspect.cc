#include "cli/commands/inspect.h"

#include <deque>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/inspect_writer.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"
#include "journal/file_name.h"
#include "journal/inspect.h"

namespace perdure::cli {

namespace {

using journal::FileFound;
using journal::GroupSeen;

// Walks, prints, and keeps what may only be printed at the end: the last change sets, the catalog.
class Inspector {
public:
    Inspector(const InspectOptions& options, const InspectWriter& writer)
        : options_(options), writer_(writer) {}

    Status run();
    // The first damage that was met; OK if there was none.
    [[nodiscard]] const Status& damage() const noexcept { return damage_; }

private:
    [[nodiscard]] bool wanted(std::uint64_t file) const {
        return options_.file.empty() || options_.file == journal::file_name(file);
    }
    Status see_file(const FileFound& found, const std::vector<TableDefinition>& definitions);
    Status see_group(const GroupSeen& group);
    void define(const TableDefinition& definition);
    [[nodiscard]] std::string words_of(const GroupSeen& group, std::size_t index) const {
        return writer_.changes(group, index, store_.level_of(group.changes[index]));
    }
    void print(const std::string& text) const { fmt::print("{}", text); }

    const InspectOptions& options_;
    const InspectWriter& writer_;
    bool file_seen_ = false;
    Status damage_;
    std::map<TableId, TableDefinition> in_force_;
    std::deque<std::string> last_;
    StoreWord store_;
    InspectEnd end_;
};

void Inspector::define(const TableDefinition& definition) {
    auto [found, added] = in_force_.try_emplace(definition.id, definition);
    if (!added && found->second.version < definition.version) found->second = definition;
}

Status Inspector::see_file(const FileFound& found,
                           const std::vector<TableDefinition>& definitions) {
    for (const TableDefinition& definition : definitions) define(definition);
    if (!wanted(found.sequence)) return {};
    file_seen_ = true;
    print(writer_.file(found, definitions.size()));
    return {};
}

Status Inspector::see_group(const GroupSeen& group) {
    for (std::size_t index = 0; index < group.changes.size(); ++index) {
        ++end_.change_sets;
        if (group.changes[index].tick) end_.tick = group.changes[index].tick;
        for (const TableDefinition& definition : group.changes[index].definitions) {
            define(definition);
        }
        if (!wanted(group.address.file)) continue;
        if (!options_.last) {
            print(words_of(group, index));
            continue;
        }
        if (*options_.last == 0) continue;
        last_.push_back(words_of(group, index));
        if (last_.size() > *options_.last) last_.pop_front();
    }
    return {};
}

Status Inspector::run() {
    io::PosixFileSystem files;
    const engine::WorldDirectory directory(files, options_.directory);
    PERDURE_TRY(directory.read_identity().status());
    store_ = StoreWord::ask(files, directory);
    end_.store = &store_;
    journal::Inspection inspection;
    inspection.file = [this](const FileFound& found,
                             const std::vector<TableDefinition>& definitions) {
        return see_file(found, definitions);
    };
    inspection.group = [this](const GroupSeen& group) { return see_group(group); };
    inspection.remark = [this](std::string_view text) -> Status {
        print(writer_.remark(text));
        return {};
    };
    inspection.damage = [this](const Status& status) -> Status {
        if (damage_.ok()) damage_ = status;
        print(writer_.damage(status));
        return {};
    };
    inspection.end = [this](const journal::EndSeen& end) -> Status {
        end_.journal = end;
        return {};
    };
    PERDURE_TRY(journal::inspect(files, directory.journal(), inspection));
    for (const std::string& text : last_) print(text);
    print(writer_.end(end_));
    if (!options_.file.empty() && !file_seen_) {
        return error(Code::not_found, "{} has no journal file {}", directory.journal(),
                     options_.file);
    }
    std::vector<TableDefinition> tables;
    for (const auto& [id, definition] : in_force_) tables.push_back(definition);
    print(writer_.catalog(tables));
    return {};
}

}  // namespace

ExitCode run_inspect(const InspectOptions& options) {
    InspectWriter::RowsMax rows_max = options.rows_max;
    if (options.rows && !rows_max) rows_max = batch_rows_max;
    const auto writer =
        options.json ? InspectWriter::json(rows_max) : InspectWriter::text(rows_max);
    Inspector inspector(options, *writer);
    const Status status = inspector.run();
    if (!status.ok()) return report(status);
    return inspector.damage().ok() ? ExitCode::done : report(inspector.damage());
}

}  // namespace perdure::cli
