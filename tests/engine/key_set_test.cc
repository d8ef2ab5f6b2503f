#include "engine/key_set.h"

#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure::engine {
namespace {

template <typename Set>
class KeySetTest : public testing::Test {
protected:
    // Says whether the set and a std::set agree that it is new.
    void insert(std::uint64_t key) {
        const bool fresh = model_.insert(key).second;
        ASSERT_EQ(set_.insert(key), fresh) << key;
    }

    Set set_;

private:
    std::set<std::uint64_t> model_;
};

using Sets = testing::Types<IdSet, FlatSet>;
TYPED_TEST_SUITE(KeySetTest, Sets);

TYPED_TEST(KeySetTest, a_key_is_new_once) {
    EXPECT_TRUE(this->set_.insert(7));
    EXPECT_FALSE(this->set_.insert(7));
    EXPECT_TRUE(this->set_.insert(8));
}

TYPED_TEST(KeySetTest, keys_that_lie_far_apart_are_kept_in_little_memory) {
    for (std::uint64_t key = 1; key <= 200'000; ++key) {  // as pages of 32 KiB: 6.5 GB
        EXPECT_TRUE(this->set_.insert(key << 40U));
    }
    for (std::uint64_t key = 1; key <= 200'000; key += 1000) {
        EXPECT_FALSE(this->set_.insert(key << 40U));
        EXPECT_TRUE(this->set_.insert((key << 40U) + 1));
    }
}

TYPED_TEST(KeySetTest, zero_and_the_greatest_are_keys_like_others) {
    for (const std::uint64_t key : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
        EXPECT_TRUE(this->set_.insert(key));
        EXPECT_FALSE(this->set_.insert(key));
    }
}

TYPED_TEST(KeySetTest, neighbours_in_words_and_pages_are_told_apart) {
    for (const std::uint64_t edge :
         {std::uint64_t{64}, std::uint64_t{1} << 18, std::uint64_t{1} << 40}) {
        for (std::uint64_t key = edge - 2; key <= edge + 2; ++key) this->insert(key);
        for (std::uint64_t key = edge - 2; key <= edge + 2; ++key) this->insert(key);
    }
}

TYPED_TEST(KeySetTest, behaves_like_a_set_while_it_grows) {
    Random random(test_seed());
    std::vector<std::uint64_t> bases;
    for (int i = 0; i < 5; ++i) bases.push_back(random.next());
    for (int i = 0; i < 60'000; ++i) {
        this->insert(bases[random.below(bases.size())] + random.below(20'000));
        if (this->HasFailure()) return;
    }
}

// Multiples of a power of two are where a poor hash would put everything into one place.
TYPED_TEST(KeySetTest, keys_with_few_different_bits_stay_apart) {
    for (std::uint64_t i = 0; i < 5000; ++i) this->insert(i << 32);
    for (std::uint64_t i = 0; i < 5000; ++i) this->insert(i << 32);
}

}  // namespace
}  // namespace perdure::engine
