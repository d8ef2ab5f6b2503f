// The store, damaged or gone, and what belongs to it.
#include <cstring>

#include "base/checksum.h"
#include "base/test_run.h"
#include "jobs/repaired_world.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/format.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::jobs {
namespace {

class RepairStoreTest : public RepairedWorld {};

TEST_F(RepairStoreTest, a_store_that_is_gone_is_made_again_where_the_journal_has_everything) {
    fall_ill(Life::half);
    for (const char* name : {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}) {
        std::filesystem::remove(path(name));
    }
    EXPECT_EQ(heal(), Names{});
    expect_state_at(last_lsn());
}

TEST_F(RepairStoreTest, a_store_that_is_gone_behind_a_trimmed_journal_loses_what_only_it_had) {
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

TEST_F(RepairStoreTest, an_older_store_goes_on_from_the_beginning_of_the_journal) {
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
TEST_F(RepairStoreTest, a_log_without_its_store_is_named_and_set_aside) {
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
TEST_F(RepairStoreTest, a_log_of_nothing_but_a_header_does_not_miss_its_store) {
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
TEST_F(RepairStoreTest, what_belongs_to_a_damaged_store_goes_with_it) {
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

TEST_F(RepairStoreTest, damaged_pages_of_the_store_cost_the_rows_that_the_journal_lacks) {
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
TEST_F(RepairStoreTest,
       a_log_cut_off_before_its_file_is_named_and_costs_nothing_if_all_was_copied) {
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

TEST_F(RepairStoreTest, damage_in_a_store_of_which_the_journal_has_everything_costs_nothing) {
    fall_ill(Life::half);
    flip(path("store.sqlite-wal"), 32 + 24 + 100);
    const Verdict verdict = finding("store.sqlite-wal");
    EXPECT_EQ(names_of(verdict), Names{"rebuild-store"});
    EXPECT_FALSE(verdict.remedies.empty() || verdict.remedies.front().needs_yes());
    expect_healed({"rebuild-store"});
    expect_state_at(last_lsn());
}

TEST_F(RepairStoreTest, a_store_of_another_world_is_set_aside) {
    fall_ill(Life::half);
    for (const char* name : {"store.sqlite", "store.sqlite-wal"}) {
        std::filesystem::copy_file(lived(Life::trimmed).path() + "/" + name, path(name),
                                   std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_EQ(names_of(finding("belongs to world")), Names{"rebuild-store"});
    expect_healed({"rebuild-store"});
    expect_state_at(last_lsn());
}

TEST_F(RepairStoreTest, a_file_that_is_no_store_is_set_aside) {
    fall_ill(Life::half);
    write_bytes(path("store.sqlite"), "not a database");
    std::filesystem::remove(path("store.sqlite-wal"));
    finding("store.sqlite");
    heal();
    expect_state_at(last_lsn());
}

}  // namespace
}  // namespace perdure::jobs
