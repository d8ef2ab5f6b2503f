#include "engine/key_index.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "base/text.h"

namespace perdure::engine {
namespace {

std::string u64_key(std::uint64_t number) {
    const std::uint64_t swapped = __builtin_bswap64(number);
    return {reinterpret_cast<const char*>(&swapped), sizeof swapped};
}

// An index beside the plain map that it has to agree with.
class CheckedIndex {
public:
    void add(const std::string& key, Lsn lsn, std::uint32_t batch = 0, std::uint32_t row = 0) {
        index.add(key, lsn, batch, row);
        model_[key].insert(model_[key].begin(), {lsn, batch, row});
    }
    void release(const std::string& key, Lsn lsn) {
        index.release(key, lsn);
        const auto found = model_.find(key);
        if (found == model_.end()) return;
        std::erase_if(found->second, [&](const Expected& one) { return one.lsn <= lsn; });
        if (found->second.empty()) model_.erase(found);
    }

    void expect_same(const std::string& key) const {
        const auto found = model_.find(key);
        const Version* version = index.find(key);
        ASSERT_EQ(version != nullptr, found != model_.end());
        if (version != nullptr) expect_same(found->second, *version);
    }
    // Every key, in order, and what is said about all of them.
    void expect_same() const {
        ASSERT_EQ(index.keys(), model_.size());
        ASSERT_EQ(index.last_key(), model_.empty() ? "" : model_.rbegin()->first);
        expect_same_after(nullptr);
    }
    void expect_same_after(const std::string* after) const {
        auto expected = after != nullptr ? model_.upper_bound(*after) : model_.begin();
        const std::string_view begin = after != nullptr ? *after : std::string_view();
        index.visit_after(after != nullptr ? &begin : nullptr,
                          [&](std::string_view key, const Version& newest) {
                              EXPECT_NE(expected, model_.end());
                              if (expected == model_.end()) return false;
                              EXPECT_EQ(key, expected->first);
                              expect_same(expected->second, newest);
                              ++expected;
                              return !testing::Test::HasFailure();
                          });
        ASSERT_EQ(expected, model_.end());
    }
    [[nodiscard]] std::vector<std::string> keys() const {
        std::vector<std::string> keys;
        for (const auto& [key, versions] : model_) keys.push_back(key);
        return keys;
    }

    KeyIndex index;

private:
    struct Expected {
        Lsn lsn;
        std::uint32_t batch, row;
    };

    static void expect_same(const std::vector<Expected>& expected, const Version& newest) {
        const Version* version = &newest;
        for (const Expected& one : expected) {
            ASSERT_NE(version, nullptr);
            ASSERT_EQ(version->lsn, one.lsn);
            ASSERT_EQ(version->batch, one.batch);
            ASSERT_EQ(version->row, one.row);
            version = version->older;
        }
        ASSERT_EQ(version, nullptr);
    }

    std::map<std::string, std::vector<Expected>> model_;
};

TEST(KeyIndex, is_empty_at_first) {
    const CheckedIndex empty;
    empty.expect_same();
    EXPECT_EQ(empty.index.find("ana"), nullptr);
    EXPECT_EQ(empty.index.find(""), nullptr);
}

TEST(KeyIndex, finds_what_was_added_and_nothing_else) {
    CheckedIndex index;
    index.add("ana", 1, 2, 3);
    EXPECT_EQ(index.index.find("ana")->lsn, 1u);
    const std::string zero_behind("ana\0", 4);
    for (const std::string& other :
         {std::string(), std::string("an"), std::string("anb"), zero_behind}) {
        EXPECT_EQ(index.index.find(other), nullptr) << other;
    }
    index.expect_same();
}

TEST(KeyIndex, keeps_every_version_of_a_key_newest_first) {
    CheckedIndex index;
    for (const Lsn lsn : {1u, 2u, 2u, 9u}) index.add("ana", lsn);
    const Version* newest = index.index.find("ana");
    EXPECT_EQ(newest->lsn, 9u);
    EXPECT_EQ(newest->older->lsn, 2u);
    EXPECT_EQ(index.index.keys(), 1u);
    index.expect_same();
}

TEST(KeyIndex, releases_the_versions_up_to_an_lsn) {
    CheckedIndex index;
    for (const Lsn lsn : {1u, 2u, 3u}) index.add("ana", lsn);
    index.release("ana", 2);
    EXPECT_EQ(index.index.find("ana")->lsn, 3u);
    EXPECT_EQ(index.index.find("ana")->older, nullptr);
    index.release("bob", 9);  // not there
    index.release("ana", 3);
    EXPECT_EQ(index.index.find("ana"), nullptr);
    index.expect_same();
}

TEST(KeyIndex, a_key_is_not_its_beginning_nor_its_continuation) {
    CheckedIndex index;
    const std::string long_key(40, 'x');
    // Around eight bytes a key's form changes; zeros are where prefixes could be taken for each
    // other.
    const std::string zeros(12, '\0');
    Lsn lsn = 0;
    for (std::size_t length = 0; length <= 12; ++length) {
        index.add(zeros.substr(0, length), ++lsn);
        index.add(long_key.substr(0, length), ++lsn);
    }
    for (std::size_t length = 13; length <= 40; ++length) {
        index.expect_same(long_key.substr(0, length));  // not there
        index.add(long_key.substr(0, length), ++lsn);
    }
    index.expect_same();
}

TEST(KeyIndex, keys_beyond_ascii_sort_as_bytes) {
    CheckedIndex index;
    Lsn lsn = 0;
    for (const std::string key : {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "\x7F", "\x80", "1234567\xFF",
                                  "12345678\xFF", "12345678\x01", "\xFF"}) {
        index.add(key, ++lsn);
    }
    index.expect_same();
}

TEST(KeyIndex, goes_on_after_any_key_whether_it_is_there_or_not) {
    CheckedIndex index;
    for (std::uint64_t number = 2; number <= 2000; number += 2) index.add(u64_key(number), number);
    for (const std::uint64_t number : {0u, 1u, 2u, 3u, 128u, 129u, 1999u, 2000u, 2001u}) {
        const std::string after = u64_key(number);
        index.expect_same_after(&after);
    }
}

TEST(KeyIndex, stops_when_told) {
    CheckedIndex index;
    for (std::uint64_t number = 0; number < 500; ++number) index.add(u64_key(number), number + 1);
    std::size_t seen = 0;
    index.index.visit_after(nullptr, [&](std::string_view, const Version&) { return ++seen < 70; });
    EXPECT_EQ(seen, 70u);
}

// Each order makes its own shape of tree: filled leaves, halves, splits at either end.
class KeyIndexOrders : public testing::TestWithParam<std::string> {
protected:
    static std::vector<std::uint64_t> numbers(std::size_t count) {
        std::vector<std::uint64_t> numbers;
        for (std::size_t i = 0; i < count; ++i) numbers.push_back(i * 7);
        Random random(3);
        if (GetParam() == "descending") std::reverse(numbers.begin(), numbers.end());
        if (GetParam() == "shuffled") random.shuffle(std::span(numbers));
        if (GetParam() == "from_both_ends") {
            for (std::size_t i = 1; i < count; i += 2)
                numbers[i] = numbers[i] + 1'000'000'000 - 14 * i;
        }
        return numbers;
    }
};

TEST_P(KeyIndexOrders, is_a_map_while_it_grows_and_while_it_shrinks) {
    CheckedIndex index;
    const auto keys = numbers(20'000);  // three levels
    Lsn lsn = 0;
    for (const std::uint64_t number : keys) index.add(u64_key(number), ++lsn);
    index.expect_same();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        index.release(u64_key(keys[i]), lsn);
        if (i % 4000 == 0) index.expect_same();
    }
    index.expect_same();
}

TEST_P(KeyIndexOrders, takes_little_memory_when_it_is_empty_again) {
    KeyIndex index;
    const std::uint64_t empty = index.bytes();
    const auto keys = numbers(20'000);
    for (const std::uint64_t number : keys) index.add("a long key: " + u64_key(number), 1, 0, 0);
    EXPECT_GT(index.bytes(), empty + 20'000 * sizeof(Version));
    for (const std::uint64_t number : keys) index.release("a long key: " + u64_key(number), 1);
    EXPECT_EQ(index.keys(), 0u);
    EXPECT_EQ(index.bytes(), empty);
    index.add("ana", 2, 0, 0);  // and goes on
    EXPECT_EQ(index.last_key(), "ana");
}

INSTANTIATE_TEST_SUITE_P(, KeyIndexOrders,
                         testing::Values("ascending", "descending", "shuffled", "from_both_ends"),
                         [](const auto& order) { return order.param; });

// The estimate by which commits are refused must not be far below what a row really takes.
TEST(KeyIndex, a_row_takes_about_what_the_limit_counts) {
    KeyIndex index;
    Random random(5);
    constexpr std::size_t rows = 100'000;
    for (std::size_t i = 0; i < rows; ++i) index.add(u64_key(random.next()), i + 1, 0, 0);
    EXPECT_LT(index.bytes() / rows, 100u);
    EXPECT_GT(index.bytes() / rows, sizeof(Version));
}

// The drain releases in order of LSN while commits add: the tree is never whole for long.
TEST(KeyIndex, behaves_like_a_map_of_lists) {
    Random random(test_seed());
    for (int round = 0; round < 12; ++round) {
        CheckedIndex index;
        const std::uint64_t different = 1 + random.below(round % 3 == 0 ? 50 : 8000);
        const bool long_keys = random.chance(1, 2);
        const auto random_key = [&] {
            const std::uint64_t number = random.below(different);
            if (!long_keys) return u64_key(number);
            // Few beginnings, many lengths: keys agree in their first eight bytes and beyond.
            return std::string(number % 23, static_cast<char>('a' + number % 3)) +
                   text::format("{}", number / 7);
        };
        Lsn lsn = 0;
        Lsn released = 0;
        std::vector<std::pair<std::string, Lsn>> added;
        for (int step = 0; step < 12'000; ++step) {
            if (random.chance(3, 5)) {
                const std::string key = random_key();
                index.add(key, ++lsn, static_cast<std::uint32_t>(random.below(3)),
                          static_cast<std::uint32_t>(step));
                added.emplace_back(key, lsn);
            } else if (released < added.size()) {
                const auto& [key, at] = added[released++];
                index.release(key, at);
            }
            if (step % 37 == 0) index.expect_same(random_key());
            if (step % 3000 == 2999) index.expect_same();
            if (step % 500 == 0) {
                const std::string after = random_key();
                index.expect_same_after(&after);
            }
            ASSERT_FALSE(HasFailure()) << "round " << round << ", step " << step;
        }
        while (released < added.size()) {
            const auto& [key, at] = added[released++];
            index.release(key, at);
        }
        index.expect_same();
    }
}

using KeyIndexDeathTest = testing::Test;

TEST(KeyIndexDeathTest, versions_of_a_key_come_in_order) {
    KeyIndex index;
    index.add("ana", 5, 0, 0);
    EXPECT_DEATH(index.add("ana", 4, 0, 0), "lsn <= lsn");
}

TEST(KeyIndex, releasing_what_is_not_there_changes_nothing) {
    CheckedIndex checked;
    checked.release("ana", 5);
    checked.add("bob", 5);
    checked.release("ana", 5);
    checked.release("cyd", 5);
    checked.release("bob", 4);
    checked.expect_same();
}

}  // namespace
}  // namespace perdure::engine
