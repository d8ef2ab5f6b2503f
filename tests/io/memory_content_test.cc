// What a crash may do to the bytes of one file, and what it may not.
#include "io/memory_content.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "io/text_of.h"

namespace perdure::io {
namespace {

constexpr CrashPlan only_torn{.new_chance = 0, .torn_chance = 256, .garbage_chance = 0};
constexpr CrashPlan only_garbage{.new_chance = 0, .torn_chance = 0, .garbage_chance = 256};
constexpr CrashPlan new_or_old{.new_chance = 128, .torn_chance = 0, .garbage_chance = 0};

class MemoryContentTest : public testing::Test {
protected:
    void write(std::uint64_t offset, std::string_view bytes) {
        content_.write(offset, as_bytes(bytes));
    }
    void synced(std::string_view bytes) {
        write(0, bytes);
        content_.sync();
    }
    // All that a crash by this plan may leave of what is in content_ now.
    std::set<std::string> outcomes(const CrashPlan& plan, int crashes = 300) {
        std::set<std::string> found;
        Random random(1);
        for (int crash = 0; crash < crashes; ++crash) {
            MemoryContent copy = content_;
            copy.crash(random, plan);
            EXPECT_EQ(text_of(copy.visible()), text_of(copy.synced()));
            found.insert(text_of(copy.visible()));
        }
        return found;
    }
    std::string outcome(const CrashPlan& plan) {
        const std::set<std::string> found = outcomes(plan, 20);
        EXPECT_EQ(found.size(), 1u);
        return *found.begin();
    }

    MemoryContent content_;
};

TEST_F(MemoryContentTest, synced_bytes_survive_every_crash) {
    synced("synced");
    EXPECT_EQ(outcome(CrashPlan::losing_everything()), "synced");
    EXPECT_EQ(outcome(only_garbage), "synced");
    EXPECT_EQ(outcome(only_torn), "synced");
}

TEST_F(MemoryContentTest, unsynced_bytes_are_lost_or_kept) {
    synced("old");
    write(0, "new");
    write(3, " and more");
    EXPECT_EQ(outcome(CrashPlan::losing_everything()), "old");
    EXPECT_EQ(outcome(CrashPlan::keeping_everything()), "new and more");
}

TEST_F(MemoryContentTest, each_sector_is_lost_or_kept_by_itself) {
    synced(std::string(3 * sector_bytes, 'o'));
    write(0, std::string(3 * sector_bytes, 'n'));
    std::set<std::string> kept;
    for (const std::string& found : outcomes(new_or_old)) {
        std::string sectors;
        for (std::size_t sector = 0; sector < 3; ++sector) {
            const std::string bytes = found.substr(sector * sector_bytes, sector_bytes);
            ASSERT_EQ(bytes, std::string(sector_bytes, bytes[0]));
            sectors += bytes[0];
        }
        kept.insert(sectors);
    }
    EXPECT_EQ(kept,
              (std::set<std::string>{"ooo", "oon", "ono", "onn", "noo", "non", "nno", "nnn"}));
}

TEST_F(MemoryContentTest, a_later_write_may_survive_without_an_earlier_one) {
    synced("____");
    write(0, "a");
    write(2, "b");
    EXPECT_EQ(outcomes(new_or_old), (std::set<std::string>{"____", "a___", "__b_", "a_b_"}));
}

TEST_F(MemoryContentTest, two_writes_of_one_sector_may_come_in_either_order) {
    synced("_");
    write(0, "a");
    write(0, "b");
    EXPECT_EQ(outcomes(new_or_old), (std::set<std::string>{"_", "a", "b"}));
    EXPECT_EQ(outcomes({.new_chance = 255, .torn_chance = 1, .garbage_chance = 0}).count("a"), 1u);
}

TEST_F(MemoryContentTest, in_order_keeps_a_beginning) {
    synced("____");
    write(0, "a");
    write(1, "b");
    write(2, "c");
    CrashPlan plan = new_or_old;
    plan.order = CrashOrder::in_order;
    EXPECT_EQ(outcomes(plan), (std::set<std::string>{"____", "a___", "ab__", "abc_"}));
}

TEST_F(MemoryContentTest, newest_only_keeps_the_last_write_or_nothing) {
    synced("____");
    write(0, "a");
    write(1, "b");
    CrashPlan plan = new_or_old;
    plan.order = CrashOrder::newest_only;
    EXPECT_EQ(outcomes(plan), (std::set<std::string>{"____", "_b__"}));
}

TEST_F(MemoryContentTest, a_torn_sector_has_new_bytes_up_to_some_point) {
    synced(std::string(sector_bytes, 'o'));
    write(0, std::string(sector_bytes, 'n'));
    const std::set<std::string> found = outcomes(only_torn);
    for (const std::string& each : found) {
        const std::size_t cut = std::min(each.find('o'), each.size());
        EXPECT_EQ(each, std::string(cut, 'n') + std::string(sector_bytes - cut, 'o'));
    }
    EXPECT_GT(found.size(), 100u);
}

TEST_F(MemoryContentTest, garbage_stays_in_the_sectors_being_written) {
    const std::string old(4 * sector_bytes, 'o');
    synced(old);
    write(sector_bytes + 10, std::string(sector_bytes, 'n'));
    const std::set<std::string> found = outcomes(only_garbage);
    for (const std::string& each : found) {
        EXPECT_EQ(each.substr(0, sector_bytes), old.substr(0, sector_bytes));
        EXPECT_EQ(each.substr(3 * sector_bytes), old.substr(3 * sector_bytes));
    }
    EXPECT_GT(found.size(), 100u);
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const std::string& each) {
        return each[sector_bytes] != 'o';  // before the write, in its sector
    }));
}

TEST_F(MemoryContentTest, garbage_with_powersafe_overwrite_stays_in_the_bytes_being_written) {
    const std::string old(2 * sector_bytes, 'o');
    synced(old);
    write(100, std::string(50, 'n'));
    CrashPlan plan = only_garbage;
    plan.powersafe_overwrite = true;
    for (const std::string& each : outcomes(plan)) {
        EXPECT_EQ(each.substr(0, 100), old.substr(0, 100));
        EXPECT_EQ(each.substr(150), old.substr(150));
    }
}

TEST_F(MemoryContentTest, a_file_that_grew_may_have_its_old_length_or_zeros) {
    synced("ab");
    write(2, "cd");
    EXPECT_EQ(outcomes(new_or_old),
              (std::set<std::string>{"ab", std::string("ab\0\0", 4), "abcd"}));
}

TEST_F(MemoryContentTest, a_file_that_shrank_and_grew_has_no_bytes_from_before) {
    synced("abcd");
    write(0, "ABCD");
    content_.resize(1);
    content_.resize(4);
    const std::string zeros("\0\0\0", 3);
    EXPECT_EQ(outcomes(new_or_old),
              (std::set<std::string>{"abcd", "ABCD", "a", "A", "a" + zeros, "A" + zeros}));
}

TEST_F(MemoryContentTest, a_synced_resize_stays) {
    synced("abcd");
    content_.resize(2);
    content_.sync();
    EXPECT_EQ(outcome(only_garbage), "ab");
    content_.resize(3);
    EXPECT_EQ(outcomes(new_or_old), (std::set<std::string>{"ab", std::string("ab\0", 3)}));
}

TEST_F(MemoryContentTest, after_a_failed_flush_users_see_what_the_disk_has_not) {
    synced("old bytes");
    write(0, "new");
    content_.lose_unsynced();
    EXPECT_EQ(text_of(content_.visible()), "new bytes");
    std::string direct(9, '?');
    EXPECT_EQ(content_.read_direct(0, std::as_writable_bytes(std::span(direct))), 9u);
    EXPECT_EQ(direct, "old bytes");
    content_.sync();  // reports success, as the kernel does
    EXPECT_EQ(outcome(CrashPlan::keeping_everything()), "old bytes");
    write(4, "BYTES");
    EXPECT_EQ(content_.read_direct(0, std::as_writable_bytes(std::span(direct))), 9u);
    EXPECT_EQ(direct, "old BYTES");
    content_.sync();
    EXPECT_EQ(outcome(CrashPlan::losing_everything()), "old BYTES");
}

// Whatever was done, after a crash without garbage each byte is one that was synced there or
// written there since, or a zero where the length changed.
TEST_F(MemoryContentTest, after_random_use_every_byte_has_a_source) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int run = 0; run < 2000; ++run) {
        MemoryContent content;
        std::string synced_text;
        std::vector<std::set<char>> sources;
        std::set<std::uint64_t> sizes{0};
        bool resized = false;
        for (std::uint64_t step = random.below(12); step > 0; --step) {
            if (random.chance(1, 5)) {
                content.sync();
                synced_text = text_of(content.visible());
                ASSERT_EQ(text_of(content.synced()), synced_text);
                sources.clear();
                sizes = {synced_text.size()};
                resized = false;
            } else if (random.chance(1, 5)) {
                const std::uint64_t size = random.below(3000);
                content.resize(size);
                sizes.insert(size);
                resized = true;
            } else {
                std::string bytes(random.range<std::size_t>(1, 1500), '\0');
                random.fill(std::as_writable_bytes(std::span(bytes)));
                const std::uint64_t offset = random.below(2000);
                content.write(offset, as_bytes(bytes));
                sizes.insert(content.visible().size());
                sources.resize(std::max<std::size_t>(sources.size(), offset + bytes.size()));
                for (std::size_t at = 0; at < bytes.size(); ++at)
                    sources[offset + at].insert(bytes[at]);
            }
        }
        CrashPlan plan = CrashPlan::draw(random);
        plan.garbage_chance = 0;
        content.crash(random, plan);

        const std::string found = text_of(content.visible());
        ASSERT_TRUE(sizes.contains(found.size())) << "run " << run << " size " << found.size();
        for (std::size_t at = 0; at < found.size(); ++at) {
            const bool old = at < synced_text.size() && found[at] == synced_text[at];
            const bool zero = found[at] == '\0' && (resized || at >= synced_text.size());
            const bool written = at < sources.size() && sources[at].contains(found[at]);
            ASSERT_TRUE(old || zero || written) << "run " << run << " byte " << at;
        }
    }
}

TEST_F(MemoryContentTest, has_a_part_for_the_length_and_for_each_sector_that_would_change) {
    synced(std::string(1024, 'a'));
    write(0, std::string(512, 'a') + std::string(512, 'b'));  // the first sector stays as it is
    write(1024, "c");
    ASSERT_EQ(content_.unsynced_parts().size(), 3U);  // the length, the second sector, the third
    const auto left = [&](const std::vector<bool>& chosen) {
        MemoryContent copy = content_;
        copy.crash_keeping(chosen);
        EXPECT_TRUE(copy.at_rest());
        return text_of(copy.visible());
    };
    const std::string old(1024, 'a');
    const std::string changed = std::string(512, 'a') + std::string(512, 'b');
    EXPECT_EQ(left({false, false, false}), old);
    EXPECT_EQ(left({false, true, true}), changed);  // what is beyond the length is gone
    EXPECT_EQ(left({true, false, false}), old + std::string(1, '\0'));
    EXPECT_EQ(left({true, true, true}), changed + "c");
}

TEST_F(MemoryContentTest, keeps_the_earlier_of_two_writes_of_a_sector_if_only_that_is_chosen) {
    synced("old");
    write(0, "one");
    write(0, "old");  // as it was synced, and yet a change
    ASSERT_EQ(content_.unsynced_parts().size(), 2U);
    content_.crash_keeping({true, false});
    EXPECT_EQ(text_of(content_.visible()), "one");
}

}  // namespace
}  // namespace perdure::io
