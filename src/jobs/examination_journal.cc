// Examination, second part: the journal, how the store fits it, and the state that both make.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "jobs/examination.h"
#include "jobs/replay.h"
#include "jobs/table_walk.h"
#include "journal/survey.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::jobs {
namespace {

using Way = JournalPlan::Way;

std::string lsns(Lsn first, Lsn last) {
    return first == last ? text::format("LSN {}", first)
                         : text::format("LSNs {} to {}", first, last);
}

void touch(Damage& damage, const Touched& touched) {
    damage.tables = touched.tables();
    damage.entities = touched.entities();
    damage.first_entities = touched.first_entities();
}

}  // namespace

std::string Examination::loss_of_journal() const {
    if (journal_.loses()) {
        std::string words = lsns(journal_.kept + 1, journal_.known);
        words += text::format(": {} of these change sets can be read, with {}",
                              journal_.lost_readable, tables_text(journal_.lost.tables()));
        if (journal_.nameless_bytes > 0) {
            words += text::format("; and what {} bytes behind them held, if it was acknowledged",
                                  journal_.nameless_bytes);
        }
        return words;
    }
    if (journal_.nameless_bytes > 0) {
        return text::format(
            "change sets after LSN {} that {} bytes held which are gone or cannot be read, "
            "if there were any",
            journal_.kept, journal_.nameless_bytes);
    }
    if (journal_.way == Way::start_anew && journal_.beyond.empty()) {
        return text::format(
            "change sets after LSN {} that only the journal held, if there were any",
            journal_.kept);
    }
    return {};
}

void Examination::report_journal() {
    const journal::Assessment& found = journal_.found;
    const bool gone = found.status.ok() && journal_.way == Way::start_anew;
    if (found.status.ok() && !gone) return;
    Damage damage{.code = gone ? Code::corrupt : found.status.code(),
                  .what = gone ? text::format("{}: the journal is empty, but the store is at LSN "
                                              "{}: it was removed, or this is another machine",
                                              place_.journal(), verdict_.stored.lsn)
                               : std::string(found.status.message()),
                  .path = place_.journal()};
    if (journal_.loses()) {
        damage.first_lsn = journal_.kept + 1;
        damage.last_lsn = journal_.known;
        touch(damage, journal_.lost);
    }
    const std::string loses = loss_of_journal();
    switch (journal_.way) {
        case Way::none: break;
        case Way::drop_foreign:
            damage.remedies = {remedies::drop_foreign};
            offer(remedies::drop_foreign,
                  text::format("move {} journal files of another world to quarantine",
                               journal_.foreign.size()),
                  "");
            break;
        case Way::drop_covered:
            damage.what += text::format("; the store has everything up to LSN {}: nothing is lost",
                                        verdict_.stored.lsn);
            damage.remedies = {remedies::drop_covered};
            offer(remedies::drop_covered,
                  text::format("move the {} oldest journal files, which the store covers, to "
                               "quarantine",
                               journal_.covered.size()),
                  "");
            break;
        case Way::cut:
            damage.path = journal_.cut->path;
            damage.offset = journal_.cut->offset;
            damage.remedies = {remedies::cut_journal};
            offer(
                remedies::cut_journal,
                text::format("end the journal at LSN {}, before offset {} of {}; what lies behind "
                             "goes to quarantine",
                             journal_.kept, journal_.cut->offset, journal_.cut->path),
                loses);
            break;
        case Way::start_anew:
            if (store_state_ != StoreState::whole) break;  // first a store to go on from
            damage.remedies = {remedies::take_over};
            offer(remedies::take_over,
                  text::format("move the journal to quarantine and go on from the store, at LSN {}",
                               journal_.kept),
                  loses);
            break;
    }
    add(std::move(damage));
}

Status Examination::judge_journal() {
    if (finishing_) return {};  // by the store that waits
    std::optional<Watermark> from;
    const bool believed = store_state_ == StoreState::whole || store_state_ == StoreState::damaged;
    if (store_state_ == StoreState::missing) from = Watermark{};
    if (believed && salvage_ && salvage_->world()) from = salvage_->world()->watermark;
    const std::uint64_t floor = salvage_ && salvage_->world() ? salvage_->world()->owner_epoch : 0;
    auto planned =
        plan_journal(files_, place_.journal(), verdict_.world, from, floor, definitions_);
    if (!planned) return report_or_fail(planned.status());
    using journal::Fault;
    const Fault fault = planned->found.fault;
    const bool of_store = fault == Fault::behind || fault == Fault::ahead || fault == Fault::apart;
    if (from && of_store) store_fault_ = fault;
    const bool unfit = planned->way == Way::start_anew || fault == Fault::behind;
    if (unfit && from && store_state_ != StoreState::whole) {
        // By itself, then: the store has to be made anew in any case.
        if (store_state_ == StoreState::missing) {
            PERDURE_TAKE(const journal::Survey found,
                         journal::survey(files_, place_.journal(), verdict_.world));
            const auto beginning = journal_beginning(found);
            if (beginning && beginning->lsn > 0) {
                add({.what = text::format("{}: there is no store.sqlite, and the journal begins "
                                          "after LSN {}; bring the store back, or restore a "
                                          "backup (perdure restore)",
                                          place_.path(), beginning->lsn),
                     .path = place_.store(),
                     .remedies = {remedies::rebuild_store}});
            }
        }
        from.reset();
        planned = plan_journal(files_, place_.journal(), verdict_.world, from, floor, definitions_);
        if (!planned) return report_or_fail(planned.status());
    }
    journal_ = *std::move(planned);
    const journal::Findings& found = journal_.found.findings;
    verdict_.journal_bytes = found.bytes_read;
    verdict_.last = std::max(found.last, from ? from->lsn : 0);
    verdict_.remarks.insert(verdict_.remarks.end(), found.remarks.begin(), found.remarks.end());
    if (!journal_.found.status.ok() && journal_.way == Way::none &&
        store::sqlite::says_nothing_of_damage(journal_.found.status.code())) {
        return report_or_fail(journal_.found.status);
    }
    report_journal();
    return {};
}

std::string Examination::loss_of_rebuild() const {
    const RebuildPlan& plan = *rebuild_;
    if (plan.from_journal_alone && store_fault_ == journal::Fault::apart) {
        return "what the store's own run had";
    }
    const bool mixed = log_is_cut_ && !plan.from_journal_alone;
    if (!plan.loses() && !mixed) return {};
    std::vector<std::string> parts;
    if (mixed) {
        parts.emplace_back(
            "if the power failed while the log was copied: rows that lay in the pages which were "
            "not copied yet, and were last written before the journal begins");
    }
    if (plan.rows_unknown) {
        parts.push_back(
            text::format("every row that was last written at or before LSN {}", plan.at.lsn));
    }
    if (plan.skipped_first != 0) {
        parts.push_back(text::format("what {} changed, in tables that nothing names any more",
                                     lsns(plan.skipped_first, plan.skipped_last)));
    }
    for (const TouchedTable& table : plan.unreadable) {
        parts.push_back(text::format("rows of {} ({})", table.name, table.where));
        // The domain's table of what is alive: components without it are kept and not seen.
        if (table.name == "entity") parts.back() += ", and with them all sight of these entities";
    }
    if (!plan.says_where && !plan.rows_unknown) {
        parts.emplace_back(
            "where the old store stood: what it had beyond the journal counts as it "
            "is found");
    }
    std::string words;
    for (const std::string& part : parts) words += (words.empty() ? "" : "; ") + part;
    if (plan.held_by_journal > 0) {
        words += text::format("; of these the journal still has {}, which come back",
                              plan.held_by_journal);
    }
    return words;
}

Status Examination::offer_rebuild() {
    if (finishing_) return {};
    const bool apart =
        store_state_ == StoreState::whole && !journal_.found.status.ok() &&
        (store_fault_ == journal::Fault::behind || store_fault_ == journal::Fault::apart);
    const bool wanted =
        std::any_of(verdict_.damage.begin(), verdict_.damage.end(), [](const Damage& damage) {
            return std::find(damage.remedies.begin(), damage.remedies.end(),
                             remedies::rebuild_store) != damage.remedies.end();
        });
    if (!apart && !wanted && store_state_ != StoreState::damaged &&
        store_state_ != StoreState::foreign) {
        return {};
    }
    // A store that is behind, or of several states, begins where the journal does; every other
    // keeps its place.
    std::optional<Watermark> known;
    const bool behind = store_fault_ == journal::Fault::behind;
    if (salvage_ && salvage_->world() && !behind && !log_is_cut_)
        known = salvage_->world()->watermark;
    const bool goes_on = store_fault_ == journal::Fault::none || behind;
    auto planned = plan_rebuild(files_, place_.journal(), verdict_.world, salvage_.get(), known,
                                goes_on ? JournalUse::goes_on : JournalUse::instead);
    if (!planned) return report_or_fail(planned.status());
    rebuild_ = *std::move(planned);
    // Nothing to gain for a store that is whole: the journal cannot take its place.
    if (store_fault_ == journal::Fault::apart && store_state_ == StoreState::whole &&
        !rebuild_->from_journal_alone) {
        rebuild_.reset();
        return {};
    }
    if (apart) verdict_.damage.back().remedies.emplace_back(remedies::rebuild_store);
    for (Damage& damage : verdict_.damage) {
        if (damage.path != place_.store() && damage.path != place_.store() + "-wal") continue;
        damage.tables = rebuild_->unreadable;
    }
    const std::string does =
        rebuild_->from_journal_alone
            ? std::string(
                  "move the store to quarantine; the journal has every change set since "
                  "the first, and opening the world makes the store again")
            : text::format(
                  "make a new store at LSN {} of the {} rows that can be read, and move "
                  "the old one to quarantine",
                  rebuild_->at.lsn, rebuild_->rows);
    offer(remedies::rebuild_store, does, loss_of_rebuild());
    return {};
}

// The journal's newer part is applied to a copy, as an owner would apply it to the store.
Status Examination::judge_together() {
    salvage_.reset();
    store::SqliteStoreOptions options;
    options.world = verdict_.world;
    options.base_vfs = files_.sqlite_vfs();
    options.create = store_state_ == StoreState::missing;
    options.throwaway = true;
    if (options.create) {
        verdict_.remarks.push_back(text::format(
            "{}: there is no store.sqlite; opening the world makes it from the journal",
            place_.path()));
        options.path = io::join_path(scratch_, "made.sqlite");
        copies_.push_back(options.path);
    } else {
        PERDURE_TAKE(options.path, copy_store("together"));
    }
    const auto opened = store::SqliteStore::open(options);
    if (!opened) return report_or_fail(opened.status());
    store::Store& store = **opened;
    PERDURE_TAKE(const store::Watermarks marks, store.watermarks());
    PERDURE_TAKE(const auto definitions, store.definitions());
    for (const TableDefinition& definition : definitions) {
        PERDURE_TRY(catalog_.add(definition));
    }
    PERDURE_TAKE(Replay replay, Replay::begin(store));
    const journal::Assessment found =
        journal::assess(files_, place_.journal(), verdict_.world, marks.visible, catalog_,
                        [&](journal::GroupFound&& group) -> Status {
                            for (const ChangeSet& set : group.changes) {
                                if (set.tick) verdict_.tick = set.tick;
                            }
                            return group.changes.empty() ? Status() : replay.take(std::move(group));
                        });
    if (!found.status.ok()) return report_or_fail(found.status);
    if (const Status finished = replay.finish(); !finished.ok()) return report_or_fail(finished);
    PERDURE_TAKE(const Contents contents, walk_tables(store, [](Batch&) { return Status(); }));
    verdict_.digest = contents.digest;
    verdict_.rows = contents.rows;
    return {};
}

}  // namespace perdure::jobs
