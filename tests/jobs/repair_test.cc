#include "jobs/repair.h"

#include <cstring>

#include "base/checksum.h"
#include "base/test_run.h"
#include "jobs/sick_world.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/format.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::jobs {
namespace {

using Names = std::vector<std::string>;

class RepairTest : public SickWorld {
protected:
    // What verify says at first, in the words of the first finding.
    Verdict finding(const std::string& words) {
        const auto verdict = judge();
        EXPECT_TRUE(verdict.ok()) << verdict.status().text();
        if (!verdict.ok()) return {};
        EXPECT_FALSE(verdict->whole());
        EXPECT_FALSE(verdict->remedies.empty());
        if (verdict->whole()) return *verdict;
        EXPECT_NE(verdict->damage.front().what.find(words), std::string::npos)
            << verdict->damage.front().what;
        return *verdict;
    }
    static Names names_of(const Verdict& verdict) {
        Names names;
        for (const Remedy& remedy : verdict.remedies) names.push_back(remedy.name);
        return names;
    }
    void expect_healed(const Names& by) {
        const Contents before = contents();
        EXPECT_EQ(heal(), by);
        expect_nothing_deleted(before, contents());
    }
};

TEST_F(RepairTest, every_life_is_whole_and_what_the_model_says) {
    for (const Life life : {Life::undrained, Life::half, Life::trimmed, Life::closed}) {
        fall_ill(life);
        EXPECT_EQ(heal(), Names{});
        EXPECT_GE(last_, last_lsn());
        expect_state_at(last_lsn());
    }
}

TEST_F(RepairTest, a_whole_world_has_nothing_to_repair) {
    fall_ill(Life::closed);
    EXPECT_EQ(mend("cut-journal").status().code(), Code::invalid);
}

TEST_F(RepairTest, a_damaged_group_ends_the_journal_before_it) {
    fall_ill(Life::half);
    const std::vector<Group> all = groups();
    const Group& bad = all[all.size() - 6];
    flip(bad.file, bad.offset + 200);
    const Verdict verdict = finding(".pdj at offset");
    ASSERT_EQ(names_of(verdict), Names{"cut-journal"});
    const Damage& damage = verdict.damage.front();
    EXPECT_EQ(damage.first_lsn, bad.first);
    EXPECT_EQ(damage.last_lsn, all.back().last);
    EXPECT_EQ(damage.path, bad.file);
    EXPECT_EQ(damage.offset, bad.offset);
    const auto goods = std::find_if(damage.tables.begin(), damage.tables.end(),
                                    [](const auto& table) { return table.name == "goods"; });
    ASSERT_NE(goods, damage.tables.end());
    EXPECT_GE(goods->rows, 5U * 8U);  // five ticks behind the damaged one can be read
    EXPECT_EQ(damage.entities, damage.first_entities.size());
    const auto refused = mend("cut-journal", false);
    EXPECT_EQ(refused.status().code(), Code::invalid);
    EXPECT_NE(refused.status().message().find("--yes"), std::string_view::npos);
    expect_healed({"cut-journal"});
    EXPECT_EQ(last_, bad.first - 1);
    expect_state_at(bad.first - 1);
}

TEST_F(RepairTest, after_a_cut_the_world_lives_on) {
    fall_ill(Life::undrained);
    const std::vector<Group> all = groups();
    const Group bad = all[all.size() - 3];
    flip(bad.file, bad.offset + 40);
    heal();
    {
        auto world = *World::open(path(), sick_schema(), sick_options(clock_));
        ASSERT_TRUE(world->tick().put("goods", {{"id", 9999U}, {"what", "new"}}).ok());
        ASSERT_TRUE(world->commit({.wait = true}).ok());
        world->engine().abandon();
    }
    EXPECT_EQ(heal(), Names{});
    const auto state = open_and_read();
    ASSERT_TRUE(state.has_value());
    EXPECT_TRUE(state->contains("goods 9999 new"));
}

TEST_F(RepairTest, a_damaged_group_that_the_store_has_costs_nothing) {
    fall_ill(Life::half);
    const Lsn stored = judge()->stored.lsn;
    const std::vector<Group> all = groups();
    // In the oldest file, which an opening does not read; and so that it must: a whole header less.
    const std::string oldest = journal_files()[1];
    write_bytes(oldest, std::string(8192, 'x') + bytes_of(oldest).substr(8192));
    ASSERT_LT(all[4].last, stored);
    const Verdict verdict = finding("follows file");
    EXPECT_EQ(names_of(verdict), Names{"drop-covered"});
    EXPECT_FALSE(verdict.remedies.empty() || verdict.remedies.front().needs_yes());
    expect_healed({"drop-covered"});
    expect_state_at(last_lsn());
}

// What follows in that file can be read and cannot be kept: no part of a file is dropped.
TEST_F(RepairTest, damage_before_the_place_where_the_store_stands_gives_up_what_follows_it) {
    fall_ill(Life::trimmed);
    const Lsn stored = judge()->stored.lsn;
    const std::vector<Group> all = groups();
    const auto place = std::find_if(all.begin(), all.end(),
                                    [&](const Group& group) { return group.last >= stored; });
    ASSERT_NE(place, all.end());
    const Group& covered = *std::prev(place);
    ASSERT_EQ(covered.file, place->file);
    flip(covered.file, covered.offset + 200);
    const Verdict verdict = finding(".pdj at offset");
    ASSERT_EQ(names_of(verdict), Names{"take-over"});
    EXPECT_EQ(verdict.damage.front().first_lsn, stored + 1);
    EXPECT_EQ(verdict.damage.front().last_lsn, all.back().last);
    EXPECT_EQ(mend("take-over", false).status().code(), Code::invalid);
    expect_healed({"take-over"});
    expect_state_at(stored);
}

TEST_F(RepairTest, a_missing_file_is_cut_there_or_dropped_if_the_store_has_it) {
    fall_ill(Life::undrained);
    std::filesystem::remove(journal_files()[3]);
    EXPECT_EQ(names_of(finding("it follows file")), Names{"cut-journal"});
    expect_healed({"cut-journal"});
    expect_state_at(last_);
    EXPECT_LT(last_, last_lsn());
    EXPECT_GT(last_, 3U);

    fall_ill(Life::half);
    std::filesystem::remove(journal_files()[1]);
    EXPECT_EQ(names_of(finding("it follows file")), Names{"drop-covered"});
    expect_healed({"drop-covered"});
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, a_file_that_was_cut_short_is_cut_at_its_last_whole_group) {
    fall_ill(Life::undrained);
    const std::string newest = journal_files().back();
    const Group last = groups().back();
    std::filesystem::resize_file(newest, last.offset + 100);
    EXPECT_EQ(names_of(finding("of its")), Names{"cut-journal"});
    expect_healed({"cut-journal"});
    expect_state_at(last.first - 1);
}

TEST_F(RepairTest, files_of_another_world_are_dropped) {
    fall_ill(Life::closed);
    const std::string strange = bytes_of(journal_files().back());
    // Another world's newest file behind our newest.
    std::string other = strange;
    for (int copy = 0; copy < 2; ++copy) {
        char* const block = other.data() + copy * 4096;
        block[50] = static_cast<char>(block[50] ^ 1);
        const std::uint64_t sum = checksum64(as_bytes(std::string_view(block, 4088)));
        std::memcpy(block + 4088, &sum, 8);
    }
    write_bytes(path("journal/00000000000000ff.pdj"), other);
    EXPECT_EQ(names_of(finding("another world")), Names{"drop-foreign"});
    expect_healed({"drop-foreign"});
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, a_journal_that_is_gone_is_taken_over_from_the_store) {
    fall_ill(Life::half);
    const Lsn stored = judge()->stored.lsn;
    for (const std::string& name : *files_.list(path("journal"))) {
        std::filesystem::remove(path("journal/" + name));
    }
    const Verdict verdict = finding("the journal is empty");
    EXPECT_EQ(names_of(verdict), Names{"take-over"});
    EXPECT_TRUE(!verdict.remedies.empty() && verdict.remedies.front().needs_yes());
    expect_healed({"take-over"});
    expect_state_at(stored);
}

// It was offered without --yes, as if the store had all that those files held.
TEST_F(RepairTest, a_journal_of_which_nothing_can_be_read_is_not_given_up_for_nothing) {
    fall_ill(Life::half);
    const Lsn stored = judge()->stored.lsn;
    for (const std::string& file : journal_files()) {
        write_bytes(file, std::string(std::filesystem::file_size(file), 'x'));
    }
    const Verdict verdict = finding("journal");
    ASSERT_EQ(names_of(verdict), Names{"take-over"});
    EXPECT_NE(verdict.remedies.front().loses.find("cannot be read"), std::string::npos)
        << verdict.remedies.front().loses;
    EXPECT_EQ(mend("take-over", false).status().code(), Code::invalid);
    expect_healed({"take-over"});
    expect_state_at(stored);
}

// The same, of what is no longer there at all.
TEST_F(RepairTest, the_end_of_a_file_that_was_cut_short_is_not_given_up_for_nothing) {
    fall_ill(Life::undrained);
    std::filesystem::resize_file(journal_files().back(), groups().back().offset);
    const Verdict verdict = finding("of its");
    ASSERT_EQ(names_of(verdict), Names{"cut-journal"});
    EXPECT_NE(verdict.remedies.front().loses.find("are gone"), std::string::npos)
        << verdict.remedies.front().loses;
    EXPECT_EQ(mend("cut-journal", false).status().code(), Code::invalid);
    expect_healed({"cut-journal"});
}

TEST_F(RepairTest, an_older_journal_is_set_aside_for_the_store_that_is_ahead) {
    fall_ill(Life::half);
    const Lsn stored = judge()->stored.lsn;
    const std::vector<std::string> used = journal_files();
    for (std::size_t at = 2; at < used.size(); ++at) std::filesystem::remove(used[at]);
    for (const std::string& name : *files_.list(path("journal"))) {  // those prepared too
        if (path("journal/" + name) > used[1]) std::filesystem::remove(path("journal/" + name));
    }
    EXPECT_EQ(names_of(finding("ahead of the journal")), Names{"take-over"});
    expect_healed({"take-over"});
    expect_state_at(stored);
}

TEST_F(RepairTest, a_store_that_is_gone_is_made_again_where_the_journal_has_everything) {
    fall_ill(Life::half);
    for (const char* name : {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}) {
        std::filesystem::remove(path(name));
    }
    EXPECT_EQ(heal(), Names{});
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, a_store_that_is_gone_behind_a_trimmed_journal_loses_what_only_it_had) {
    fall_ill(Life::trimmed);
    for (const char* name : {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}) {
        std::filesystem::remove(path(name));
    }
    const Verdict verdict = finding("there is no store.sqlite");
    EXPECT_EQ(names_of(verdict), Names{"rebuild-store"});
    EXPECT_TRUE(!verdict.remedies.empty() && verdict.remedies.front().needs_yes());
    expect_healed({"rebuild-store"});
    const auto state = open_and_read();
    ASSERT_TRUE(state.has_value());
    const State& whole = state_at(last_lsn());
    EXPECT_TRUE(std::includes(whole.begin(), whole.end(), state->begin(), state->end()));
    EXPECT_FALSE(state->empty());
}

TEST_F(RepairTest, an_older_store_goes_on_from_the_beginning_of_the_journal) {
    fall_ill(Life::trimmed);
    for (const char* name : {"/store.sqlite", "/store.sqlite-wal"}) {
        std::filesystem::copy_file(lived_->older() + name, path() + name,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    for (const char* ending : {"-shm", "-mark"}) {
        std::filesystem::remove(path("store.sqlite") + ending);
    }
    const Verdict verdict = finding("no longer in the journal");
    EXPECT_EQ(names_of(verdict), Names{"rebuild-store"});
    EXPECT_TRUE(!verdict.remedies.empty() && verdict.remedies.front().needs_yes());
    expect_healed({"rebuild-store"});
    const auto state = open_and_read();
    ASSERT_TRUE(state.has_value());
    // Rows that were written in between are as they were before, or not there.
    for (const std::string& row : *state) EXPECT_TRUE(lived_->ever.contains(row)) << row;
    EXPECT_TRUE(state->contains("marks 29 7 203"));
    EXPECT_TRUE(state->contains("marks 2 7 14"));
}

// As a remedy that was cut short leaves it. Opening would remove the log with all that it holds.
TEST_F(RepairTest, a_log_without_its_store_is_named_and_set_aside) {
    for (const Life life : {Life::half, Life::trimmed}) {
        fall_ill(life);
        std::filesystem::remove(path("store.sqlite"));
        ASSERT_TRUE(std::filesystem::exists(path("store.sqlite-wal")));
        const auto opened = World::open(path(), sick_schema(), sick_options(clock_));
        EXPECT_EQ(opened.status().code(), Code::corrupt) << opened.status().text();
        EXPECT_FALSE(std::filesystem::exists(path("store.sqlite")));
        const Verdict verdict = finding("store.sqlite-wal is here");
        EXPECT_EQ(names_of(verdict), Names{"rebuild-store"});
        EXPECT_EQ(verdict.remedies.front().needs_yes(), life == Life::trimmed);
        expect_healed({"rebuild-store"});
        EXPECT_FALSE(std::filesystem::exists(path("store.sqlite-wal")));
        if (life == Life::half) expect_state_at(last_lsn());
    }
}

// Power failures while a store is being made leave it: SQLite makes the log before the file.
TEST_F(RepairTest, a_log_of_nothing_but_a_header_does_not_miss_its_store) {
    fall_ill(Life::undrained);
    std::filesystem::remove(path("store.sqlite"));
    std::filesystem::resize_file(path("store.sqlite-wal"), 32);
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    EXPECT_TRUE(verdict->whole()) << verdict->damage.front().what;
    expect_state_at(last_lsn());
}

// As a failed flush and a crash leave it: a whole copy of the log.
std::string renewal_of(const std::string& log) {
    std::string end(store::sqlite::renewal_end_bytes, '\0');
    const std::uint64_t magic = store::sqlite::renewal_magic;
    const std::uint64_t sum = checksum64(as_bytes(log), log.size());
    std::memcpy(end.data() + store::sqlite::renewal_magic_at, &magic, sizeof magic);
    std::memcpy(end.data() + store::sqlite::renewal_checksum_at, &sum, sizeof sum);
    return log + end;
}

// Beside the new store it would be written over that one's log, and SQLite would read it.
TEST_F(RepairTest, what_belongs_to_a_damaged_store_goes_with_it) {
    fall_ill(Life::half);
    const std::string log = bytes_of(path("store.sqlite-wal"));
    ASSERT_FALSE(log.empty());
    fall_ill(Life::closed);
    write_bytes(path("store.sqlite-renewal"), renewal_of(log));
    spoil_pages(2, 2);
    expect_healed({"rebuild-store"});
    for (const char* ending : store::sqlite::companion_endings) {
        EXPECT_FALSE(std::filesystem::exists(path("store.sqlite") + ending)) << ending;
    }
    const State& whole = state_at(last_lsn());
    const auto state = open_and_read();
    ASSERT_TRUE(state.has_value());
    EXPECT_TRUE(std::includes(whole.begin(), whole.end(), state->begin(), state->end()));
}

TEST_F(RepairTest, damaged_pages_of_the_store_cost_the_rows_that_the_journal_lacks) {
    fall_ill(Life::closed);
    const std::uint64_t pages = std::filesystem::file_size(path("store.sqlite")) / 4096;
    std::uint64_t told = 0;
    ASSERT_GT(pages, 20U);
    for (std::uint64_t page = 2; page <= pages; page += test_stride()) {
        fall_ill(Life::closed);
        spoil_pages(page, page);
        const Verdict verdict = finding("page " + std::to_string(page));
        ASSERT_EQ(names_of(verdict), Names{"rebuild-store"}) << page;
        const bool loses = verdict.remedies.front().needs_yes();
        told += loses ? 1 : 0;
        expect_healed({"rebuild-store"});
        const auto state = open_and_read();
        ASSERT_TRUE(state.has_value());
        const State& whole = state_at(last_lsn());
        EXPECT_TRUE(std::includes(whole.begin(), whole.end(), state->begin(), state->end()));
        // What is missing is of tables that were named.
        State missing;
        std::set_difference(whole.begin(), whole.end(), state->begin(), state->end(),
                            std::inserter(missing, missing.end()));
        for (const std::string& row : missing) {
            const std::string table = row.substr(0, row.find(' '));
            // A component is not seen without its entity.
            const std::string& words = verdict.remedies.front().loses;
            const bool unseen = table == "Hat" && words.find("rows of entity") != std::string::npos;
            EXPECT_TRUE(unseen || words.find("rows of " + table) != std::string::npos)
                << "page " << page << ": " << row << " / " << verdict.remedies.front().loses;
        }
        EXPECT_LT(missing.size(), 250U) << page << verdict.remedies.front().loses;
        EXPECT_TRUE(loses || missing.empty()) << page;
        if (HasFailure()) return;
    }
    EXPECT_GT(told, 0U);
}

// A process that is killed right after a checkpoint leaves the log, all of it copied. SQLite would
// use it up to the bad frame, over a file that is newer: rows went back in time without a word.
TEST_F(RepairTest, a_log_cut_off_before_its_file_is_named_and_costs_nothing_if_all_was_copied) {
    for (const std::uint64_t frame : {0U, 3U}) {
        fall_ill(Life::trimmed);
        std::map<std::string, std::string> killed;
        {
            store::SqliteStoreOptions options;
            options.path = path("store.sqlite");
            options.world = judge()->world;
            const auto store = store::SqliteStore::open(options);
            ASSERT_TRUE(store.ok()) << store.status().text();
            ASSERT_TRUE((*store)->checkpoint_step().ok());
            for (const char* ending : {"", "-wal", "-mark"}) {
                killed[options.path + ending] = bytes_of(options.path + ending);
            }
        }
        for (const auto& [name, bytes] : killed) write_bytes(name, bytes);
        ASSERT_GT(killed[path("store.sqlite-wal")].size(), 5U * (24 + 4096));
        flip(path("store.sqlite-wal"), 32 + frame * (24 + 4096) + 24 + 100);

        const auto opened = World::open(path(), sick_schema(), sick_options(clock_));
        ASSERT_FALSE(opened.ok());
        EXPECT_EQ(opened.status().code(), Code::corrupt);
        EXPECT_NE(opened.status().text().find("begun to copy"), std::string::npos);
        const Verdict verdict = finding("begun to copy");
        EXPECT_EQ(names_of(verdict), Names{"rebuild-store"});
        ASSERT_FALSE(verdict.remedies.empty());
        EXPECT_NE(verdict.remedies.front().loses.find("if the power failed"), std::string::npos)
            << verdict.remedies.front().loses;
        expect_healed({"rebuild-store"});
        expect_state_at(last_lsn());
    }
}

TEST_F(RepairTest, damage_in_a_store_of_which_the_journal_has_everything_costs_nothing) {
    fall_ill(Life::half);
    flip(path("store.sqlite-wal"), 32 + 24 + 100);
    const Verdict verdict = finding("store.sqlite-wal");
    EXPECT_EQ(names_of(verdict), Names{"rebuild-store"});
    EXPECT_FALSE(verdict.remedies.empty() || verdict.remedies.front().needs_yes());
    expect_healed({"rebuild-store"});
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, a_store_of_another_world_is_set_aside) {
    fall_ill(Life::half);
    for (const char* name : {"store.sqlite", "store.sqlite-wal"}) {
        std::filesystem::copy_file(lived(Life::trimmed).path() + "/" + name, path(name),
                                   std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_EQ(names_of(finding("belongs to world")), Names{"rebuild-store"});
    expect_healed({"rebuild-store"});
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, a_file_that_is_no_store_is_set_aside) {
    fall_ill(Life::half);
    write_bytes(path("store.sqlite"), "not a database");
    std::filesystem::remove(path("store.sqlite-wal"));
    finding("store.sqlite");
    heal();
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, a_lost_or_damaged_identity_comes_from_the_journal_and_the_store) {
    for (const bool lost : {true, false}) {
        fall_ill(Life::half);
        const Uuid world = judge()->world;
        if (lost) {
            std::filesystem::remove(path("identity"));
        } else {
            flip(path("identity"), 20);
        }
        const Verdict verdict = finding("identity");
        EXPECT_EQ(names_of(verdict), Names{"restore-identity"});
        EXPECT_FALSE(verdict.remedies.empty() || verdict.remedies.front().needs_yes());
        expect_healed({"restore-identity"});
        EXPECT_EQ(judge()->world, world);
        expect_state_at(last_lsn());
    }
}

TEST_F(RepairTest, an_identity_that_journal_and_store_dispute_is_a_choice) {
    fall_ill(Life::half);
    for (const char* name : {"store.sqlite", "store.sqlite-wal"}) {
        std::filesystem::copy_file(lived(Life::closed).path() + "/store.sqlite", path(name),
                                   std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::remove(path("store.sqlite-wal"));
    std::filesystem::remove(path("identity"));
    const Names names = names_of(finding("different worlds"));
    EXPECT_NE(std::find(names.begin(), names.end(), "restore-identity"), names.end());
    EXPECT_NE(std::find(names.begin(), names.end(), "identity-from-store"), names.end());
    heal();
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, settings_that_cannot_be_read_are_set_aside) {
    fall_ill(Life::closed);
    write_bytes(path("perdure.toml"), "[limits\nrubbish");
    EXPECT_EQ(names_of(finding("perdure.toml")), Names{"set-aside-settings"});
    expect_healed({"set-aside-settings"});
    expect_state_at(last_lsn());
}

TEST_F(RepairTest, settings_that_go_with_what_the_program_sets_are_no_damage) {
    fall_ill(Life::closed);
    write_bytes(path("perdure.toml"), "[limits]\njournal_bytes_max = 1048576\n");
    EXPECT_TRUE(judge()->whole());
    expect_state_at(last_lsn());
    write_bytes(path("perdure.toml"),
                "[limits]\njournal_bytes_max = 1048576\njournal_file_bytes = 1048576\n");
    finding("two files");
}

TEST_F(RepairTest, a_newer_format_is_left_alone) {
    fall_ill(Life::closed);
    std::string identity = bytes_of(path("identity"));
    identity[8] = 99;
    const std::uint64_t sum = checksum64(as_bytes(std::string_view(identity).substr(0, 56)));
    std::memcpy(identity.data() + 56, &sum, 8);
    write_bytes(path("identity"), identity);
    EXPECT_EQ(judge().status().code(), Code::unsupported);
    EXPECT_EQ(mend("restore-identity").status().code(), Code::unsupported);
}

TEST_F(RepairTest, store_and_journal_damaged_at_once_are_healed_one_after_the_other) {
    fall_ill(Life::trimmed);
    std::filesystem::remove(path("store.sqlite-shm"));
    const Group bad = groups()[groups().size() - 4];
    flip(bad.file, bad.offset + 300);
    spoil_pages(4, 5);
    heal();
    const auto state = open_and_read();
    ASSERT_TRUE(state.has_value());
    const State& whole = state_at(bad.first - 1);
    EXPECT_TRUE(std::includes(whole.begin(), whole.end(), state->begin(), state->end()));
    EXPECT_EQ(last_, bad.first - 1);
}

}  // namespace
}  // namespace perdure::jobs
