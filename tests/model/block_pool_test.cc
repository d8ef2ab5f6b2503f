#include "model/block_pool.h"

#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure {
namespace {

constexpr std::size_t mib = 1U << 20;

// The address of a block that was taken and given back.
const std::byte* place_of(BlockPool& pool, std::size_t bytes) { return pool.take(bytes).data(); }

TEST(BlockPool, blocks_are_large_enough_aligned_and_waste_at_most_a_quarter) {
    Random random(test_seed());
    BlockPool pool(64 * mib);
    for (int round = 0; round < 2000; ++round) {
        const std::size_t bytes = (std::size_t{1} << random.below(23)) + random.below(1000);
        const Block block = pool.take(bytes);
        EXPECT_GE(block.size(), bytes);
        EXPECT_LE(block.size(), bytes + bytes / 4 + 1);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % (bytes < 4096 ? 8 : 64), 0U);
    }
}

TEST(BlockPool, gives_the_same_block_again) {
    BlockPool pool(mib);
    EXPECT_EQ(place_of(pool, 100'000), place_of(pool, 99'000));
}

TEST(BlockPool, two_blocks_at_once_are_two) {
    BlockPool pool(mib);
    const Block one = pool.take(100'000);
    const Block other = pool.take(100'000);
    EXPECT_NE(one.data(), other.data());
}

TEST(BlockPool, keeps_no_more_than_it_may) {
    BlockPool pool(mib);
    {
        std::vector<Block> blocks;
        for (int count = 0; count < 5; ++count) blocks.push_back(pool.take(mib / 2));
    }
    EXPECT_EQ(pool.kept_bytes(), mib);
    pool.trim();
    EXPECT_EQ(pool.kept_bytes(), 0U);
    (void)pool.take(2 * mib);
    EXPECT_EQ(pool.kept_bytes(), 0U) << "larger than all it may keep";
}

TEST(BlockPool, trimming_what_is_idle_keeps_what_was_used) {
    BlockPool pool(8 * mib);
    const auto use = [&](int blocks) {
        std::vector<Block> taken;
        for (int count = 0; count < blocks; ++count) taken.push_back(pool.take(mib));
    };
    use(6);
    pool.trim_idle();
    EXPECT_EQ(pool.kept_bytes(), 6 * mib) << "all of them were in use";
    use(2);
    pool.trim_idle();
    EXPECT_EQ(pool.kept_bytes(), 2 * mib);
    use(2);
    pool.trim_idle();
    EXPECT_EQ(pool.kept_bytes(), 2 * mib);
    pool.trim_idle();
    EXPECT_EQ(pool.kept_bytes(), 0U) << "nobody came";
}

TEST(BlockPool, small_blocks_are_the_heaps) {
    BlockPool pool(mib);
    { const Block block = pool.take(1000); }
    EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(BlockPool, a_block_outlives_its_pool) {
    Block block;
    {
        BlockPool pool(mib);
        block = pool.take(100'000);
    }
    std::memset(block.data(), 1, block.size());
    block = Block();
}

TEST(BlockPool, is_used_from_many_threads) {
    BlockPool pool(4 * mib);
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([&pool, number] {
            Random random(static_cast<std::uint64_t>(number));
            for (int round = 0; round < 2000; ++round) {
                Block block = pool.take((32U << 10) + random.below(100'000));
                std::memset(block.data(), number, 64);
                EXPECT_EQ(block.data()[63], static_cast<std::byte>(number));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(pool.kept_bytes(), 4 * mib);
}

}  // namespace
}  // namespace perdure
