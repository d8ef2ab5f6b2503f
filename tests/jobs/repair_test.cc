#include "jobs/repair.h"

#include "base/test_run.h"
#include "jobs/repaired_world.h"

namespace perdure::jobs {
namespace {

class RepairTest : public RepairedWorld {};

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
