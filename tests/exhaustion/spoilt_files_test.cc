// Every bit and every length of a journal and of a store's file.
#include <iostream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "exhaustion/spoilt_journal.h"
#include "exhaustion/spoilt_store.h"
#include "store/sqlite/format.h"

namespace perdure::exhaustion {
namespace {

// Continuous integration tries one bit or length in so many, others each time; strides are odd, so
// that they come to every bit of a byte, and to every part of a file.
constexpr std::uint64_t share_of_journal_flips = 7;
constexpr std::uint64_t share_of_truncations = 7;
constexpr std::uint64_t share_of_store_flips = 501;
constexpr std::uint64_t share_of_store_truncations = 101;

class SpoiltFiles : public ::testing::Test {
protected:
    template <typename Judge>
    void each(std::uint64_t count, std::uint64_t share, Judge&& judge) {
        const std::uint64_t stride = share * test_stride() | 1;
        for (std::uint64_t number = random_.below(stride); number < count; number += stride) {
            const Status status = judge(number);
            ASSERT_TRUE(status.ok()) << status.text();
            ++tried_;
        }
    }

    Random random_{test_seed()};
    std::uint64_t tried_ = 0;
};

TEST_F(SpoiltFiles, a_flipped_bit_of_a_journal_is_refused_or_said_or_never_read) {
    SpoiltJournal journal;
    ASSERT_EQ(journal.flips(), 524'288U);
    each(journal.flips(), share_of_journal_flips,
         [&](std::uint64_t number) { return journal.judge_flip(number); });
    for (const std::uint64_t flips : journal.figures().flips) EXPECT_GT(flips, 0U);
    std::cout << tried_ << " flips, " << journal.figures().refused << " refused\n";
}

TEST_F(SpoiltFiles, a_journal_cut_short_is_refused_or_has_everything) {
    SpoiltJournal journal;
    each(journal.truncations(), share_of_truncations,
         [&](std::uint64_t number) { return journal.judge_truncation(number); });
    EXPECT_GT(journal.figures().refused, journal.figures().harmless);
}

TEST_F(SpoiltFiles, every_flipped_bit_of_a_store_is_noticed_by_its_pages_checksum) {
    SpoiltStore store;
    for (std::uint64_t number = 0; number < store.flips(); number += test_stride()) {
        const Status status = store.judge_checksum(number);
        ASSERT_TRUE(status.ok()) << status.text();
    }
    std::cout << store.pages() << " pages, " << store.flips() << " bits\n";
}

TEST_F(SpoiltFiles, a_flipped_bit_of_a_store_is_refused_or_read_by_nobody) {
    SpoiltStore store;
    // What says that there are checksums at all.
    each(store::sqlite::header_bytes * 8, 3,
         [&](std::uint64_t bit) { return store.judge_flip(bit); });
    each(store.flips(), share_of_store_flips,
         [&](std::uint64_t number) { return store.judge_flip(number); });
    EXPECT_GT(store.refused(), 0U);
    std::cout << tried_ << " flips, " << store.harmless() << " read by nobody\n";
}

TEST_F(SpoiltFiles, a_store_cut_short_is_refused_or_holds_everything) {
    SpoiltStore store;
    each(store.truncations(), share_of_store_truncations,
         [&](std::uint64_t number) { return store.judge_truncation(number); });
    std::cout << tried_ << " lengths, " << store.harmless() << " harmless\n";
}

TEST_F(SpoiltFiles, a_spoilt_definition_is_refused_or_another_one) {
    std::uint64_t tried = 0;
    const Status status = SpoiltStore().judge_definitions(tried);
    ASSERT_TRUE(status.ok()) << status.text();
    EXPECT_GT(tried, 1000U);
}

}  // namespace
}  // namespace perdure::exhaustion
