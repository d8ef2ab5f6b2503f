#include "jobs/rebuild.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/coalesce.h"
#include "jobs/journal_plan.h"
#include "journal/definitions.h"
#include "journal/file_reader.h"
#include "journal/recovery.h"
#include "model/batch_builder.h"
#include "model/key.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::jobs {
namespace {

using store::sqlite::Salvage;
using store::sqlite::SalvagedTable;
using store::sqlite::SalvageGap;

constexpr std::size_t gaps_told_max = 4;  // of one table; more are counted

// What the journal kept, from its beginning: the change sets that a store may lack or have twice.
class Retained {
public:
    Retained(io::FileSystem& files, const std::string& directory, const Uuid& world)
        : files_(files), directory_(directory), world_(world) {}

    Status open() {
        PERDURE_TAKE(const journal::Survey found, journal::survey(files_, directory_, world_));
        beginning_ = journal_beginning(found);
        if (!beginning_) return {};
        for (const std::size_t index : found.used) {
            const journal::FileFound& file = found.files[index];
            if (file.before() == beginning_->lsn && file.header.chain == beginning_->chain) {
                return read_head(file);
            }
        }
        return {};
    }

    [[nodiscard]] const std::optional<Watermark>& beginning() const noexcept { return beginning_; }
    [[nodiscard]] const std::vector<TableDefinition>& head() const noexcept { return head_; }

    // Every change set that is whole and connected, in order.
    Result<journal::Assessment> each(const std::vector<TableDefinition>& definitions,
                                     const std::function<Status(const ChangeSet&)>& visit) {
        if (!beginning_) return journal::Assessment();
        Catalog catalog;
        for (const TableDefinition& definition : definitions) {
            PERDURE_TRY(catalog.add(definition));
        }
        Status refused;
        journal::Assessment found =
            journal::assess(files_, directory_, world_, *beginning_, catalog,
                            [&](journal::GroupFound&& group) -> Status {
                                for (const ChangeSet& set : group.changes) {
                                    refused = visit(set);
                                    if (!refused.ok()) return refused;
                                }
                                return {};
                            });
        if (!refused.ok()) return refused;
        return found;
    }

private:
    Status read_head(const journal::FileFound& file) {
        PERDURE_TAKE(journal::FileReader reader,
                     journal::FileReader::open(files_, file.path, journal::FileReader::peek_bytes));
        PERDURE_TAKE(const ByteSpan bytes,
                     reader.read(journal::headers_bytes, file.header.definitions_bytes));
        auto definitions = journal::decode_definitions(bytes, file.header.definitions);
        if (definitions) head_ = *std::move(definitions);
        return {};
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const Uuid& world_;
    std::optional<Watermark> beginning_;
    std::vector<TableDefinition> head_;
};

std::vector<TableDefinition> merged(const Salvage* old, const std::vector<TableDefinition>& head) {
    std::vector<TableDefinition> all;
    if (old != nullptr) all = old->definitions();
    for (const TableDefinition& definition : head) {
        const bool known = std::any_of(all.begin(), all.end(), [&](const TableDefinition& one) {
            return one.id == definition.id && one.version >= definition.version;
        });
        if (!known) all.push_back(definition);
    }
    return all;
}

// The last version of each table.
std::map<TableId, const TableDefinition*> in_force(const std::vector<TableDefinition>& all) {
    std::map<TableId, const TableDefinition*> last;
    for (const TableDefinition& definition : all) last[definition.id] = &definition;
    return last;
}

// Where a gap has no end, what lies there was not read, and nobody knows how far it goes.
std::string range_text(const TableDefinition& table, const SalvagedTable& found,
                       const SalvageGap& gap) {
    const auto told = [&](std::int64_t position) {
        return found.by == SalvagedTable::By::key ? store::sqlite::salvage_key_text(table, position)
                                                  : text::format("{}", position);
    };
    const bool open_below = gap.first == std::numeric_limits<std::int64_t>::min();
    const bool open_above = gap.last == std::numeric_limits<std::int64_t>::max();
    if (open_below && open_above) return "any";
    if (open_below) return "up to " + told(gap.last);
    if (open_above) return told(gap.first) + " and more";
    return gap.first == gap.last ? told(gap.first) : told(gap.first) + " to " + told(gap.last);
}

std::string where_text(const TableDefinition& table, const SalvagedTable& found) {
    std::string words;
    if (found.by == SalvagedTable::By::nothing || found.gaps.empty()) {
        words = "some of its rows";
    } else {
        const bool keys = found.by == SalvagedTable::By::key;
        words = keys ? table.columns[0].name + " " : std::string("row numbers ");
        for (std::size_t at = 0; at < found.gaps.size() && at < gaps_told_max; ++at) {
            if (at > 0) words += ", ";
            words += range_text(table, found, found.gaps[at]);
        }
        if (found.gaps.size() > gaps_told_max) {
            words += text::format(" and {} more", found.gaps.size() - gaps_told_max);
        }
    }
    return words;
}

bool in_gap(const SalvagedTable& found, const Batch& batch, std::uint32_t row) {
    if (found.by != SalvagedTable::By::key) return true;
    const auto position = store::sqlite::salvage_position(batch, row);
    return !position || std::any_of(found.gaps.begin(), found.gaps.end(), [&](const auto& gap) {
        return gap.first <= *position && *position <= gap.last;
    });
}

using KeysOfTables = std::map<TableId, std::set<std::string>>;

Result<Batch> rows_but(const Batch& batch, const std::set<std::string>& without) {
    BatchBuilder builder(batch.table(), batch.operation());
    std::string key;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        key.clear();
        encode_key(batch, row, key);
        if (!without.contains(key)) builder.add(batch, row);
    }
    return builder.finish();
}

void add_keys(const Batch& batch, std::set<std::string>& to) {
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        std::string key;
        encode_key(batch, row, key);
        to.insert(std::move(key));
    }
}

// Writes rows into the new store, whose watermark stays where it is.
class Filler {
public:
    Filler(store::Store& store, const RebuildPlan& plan)
        : store_(store), plan_(plan), fence_{plan.owner_epoch, plan.at} {}

    Status add(Batch&& batch) {
        if (batch.rows() == 0) return {};
        ChangeSet set;
        set.batches.push_back(std::move(batch));
        return apply(set);
    }

    // What the journal says of a change set that the store is to hold already: where pages were
    // lost this brings rows back, elsewhere it says again what is there.
    Status patch(const ChangeSet& set) {
        for (const Batch& batch : set.batches) {
            if (!knows(batch.table())) continue;
            if (!batch.table().append_only) {
                PERDURE_TAKE(Batch copy, rows_but(batch, {}));
                PERDURE_TRY(add(std::move(copy)));
                continue;
            }
            PERDURE_TAKE(const std::set<std::string> there, keys_there(batch));
            PERDURE_TAKE(Batch missing, rows_but(batch, there));
            PERDURE_TRY(add(std::move(missing)));
        }
        return {};
    }

private:
    [[nodiscard]] bool knows(const TableDefinition& table) const {
        return std::any_of(plan_.definitions.begin(), plan_.definitions.end(),
                           [&](const TableDefinition& one) {
                               return one.id == table.id && one.version == table.version;
                           });
    }

    Result<std::set<std::string>> keys_there(const Batch& batch) {
        BatchBuilder keys(batch.table(), Operation::erase);
        for (std::uint32_t row = 0; row < batch.rows(); ++row) keys.add(batch, row);
        PERDURE_TAKE(const Batch wanted, keys.finish());
        PERDURE_TAKE(const auto snapshot, store_.snapshot());
        PERDURE_TAKE(const Batch found, snapshot->find(batch.table(), wanted));
        std::set<std::string> there;
        add_keys(found, there);
        return there;
    }

    Status apply(const ChangeSet& set) {
        engine::Coalescer sorted;
        sorted.add(set);
        PERDURE_TAKE(const auto changes, sorted.finish());
        return store_.apply(fence_, plan_.at, changes);
    }

    store::Store& store_;
    const RebuildPlan& plan_;
    const store::Fence fence_;
};

}  // namespace

Result<RebuildPlan> plan_rebuild(io::FileSystem& files, const std::string& journal,
                                 const Uuid& world, Salvage* old,
                                 const std::optional<Watermark>& known, JournalUse use) {
    RebuildPlan plan;
    plan.use = use;
    Retained retained(files, journal, world);
    PERDURE_TRY(retained.open());
    if (retained.beginning()) plan.at = *retained.beginning();
    if (known) plan.at = *known;
    plan.definitions = merged(old, retained.head());
    const bool has_row = old != nullptr && old->world() && old->world()->world == world;
    plan.owner_epoch = plan.at.epoch;
    if (has_row) {
        const store::sqlite::WorldRow& row = *old->world();
        plan.owner_epoch = std::max(plan.owner_epoch, row.owner_epoch);
        if (row.watermark.lsn < plan.at.lsn) {
            plan.skipped_first = row.watermark.lsn + 1;
            plan.skipped_last = plan.at.lsn;
            plan.at.tick = row.watermark.tick;
        }
    }
    plan.says_where = has_row;
    plan.rows_unknown = old == nullptr && plan.at.lsn > 0;

    std::map<TableId, SalvagedTable> found;
    for (const auto& [id, table] : in_force(plan.definitions)) {
        if (old == nullptr) break;
        PERDURE_TAKE(SalvagedTable read, old->read(*table, [](Batch&&) { return Status(); }));
        plan.rows += read.rows;
        if (read.whole()) continue;
        plan.unreadable.push_back({table->name, 0, where_text(*table, read)});
        found.emplace(id, std::move(read));
    }
    KeysOfTables held;
    PERDURE_TAKE(const journal::Assessment all,
                 retained.each(plan.definitions, [&](const ChangeSet& set) -> Status {
                     for (const Batch& batch : set.batches) {
                         const auto gaps = found.find(batch.table().id);
                         if (gaps == found.end()) continue;
                         std::string key;
                         for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                             if (!in_gap(gaps->second, batch, row)) continue;
                             key.clear();
                             encode_key(batch, row, key);
                             held[gaps->first].insert(key);
                         }
                     }
                     return {};
                 }));
    if (use == JournalUse::instead) held.clear();
    for (const auto& [id, keys] : held) plan.held_by_journal += keys.size();
    const Lsn reached = std::max(known ? known->lsn : 0, has_row ? old->world()->watermark.lsn : 0);
    plan.from_journal_alone = retained.beginning() && retained.beginning()->lsn == 0 &&
                              all.status.ok() && all.findings.last >= reached;
    return plan;
}

Status rebuild(io::FileSystem& files, const std::string& journal, const Uuid& world, Salvage* old,
               const RebuildPlan& plan, const std::string& path) {
    Retained retained(files, journal, world);
    PERDURE_TRY(retained.open());
    // Rows that an append-only table gets from the journal when the world is opened: twice would be
    // a conflict.
    KeysOfTables coming;
    PERDURE_TRY(retained
                    .each(plan.definitions,
                          [&](const ChangeSet& set) -> Status {
                              if (set.lsn <= plan.at.lsn || plan.use == JournalUse::instead) {
                                  return {};
                              }
                              for (const Batch& batch : set.batches) {
                                  if (!batch.table().append_only) continue;
                                  add_keys(batch, coming[batch.table().id]);
                              }
                              return {};
                          })
                    .status());

    store::SqliteStoreOptions options;
    options.path = path;
    options.world = world;
    options.base_vfs = files.sqlite_vfs();
    PERDURE_TAKE(std::unique_ptr<store::SqliteStore> store, store::SqliteStore::open(options));
    PERDURE_TRY(store->apply({plan.owner_epoch, {}}, plan.at,
                             std::span<const TableDefinition>(plan.definitions)));
    Filler filler(*store, plan);
    for (const auto& [id, table] : in_force(plan.definitions)) {
        if (old == nullptr) break;
        const std::set<std::string>& without = coming[id];
        PERDURE_TRY(old->read(*table,
                              [&](Batch&& batch) -> Status {
                                  if (without.empty()) return filler.add(std::move(batch));
                                  PERDURE_TAKE(Batch kept, rows_but(batch, without));
                                  return filler.add(std::move(kept));
                              })
                        .status());
    }
    PERDURE_TRY(retained
                    .each(plan.definitions,
                          [&](const ChangeSet& set) -> Status {
                              const bool patches =
                                  plan.use == JournalUse::goes_on && set.lsn <= plan.at.lsn;
                              return patches ? filler.patch(set) : Status();
                          })
                    .status());
    for (bool more = true; more;) {
        PERDURE_TAKE(more, store->checkpoint_step());
    }
    store.reset();
    PERDURE_TAKE(const bool log_left, files.exists(path + "-wal"));
    if (log_left) {
        return error(Code::io, "{}: the new store could not be closed with all it holds", path);
    }
    PERDURE_TAKE(const auto file, files.open(path, {.write = true}));
    return file->sync();
}

}  // namespace perdure::jobs
