#include "perdure/batch.h"

#include <gtest/gtest.h>

#include "model/tables.h"

namespace perdure {
namespace {

// Remembers what came back to it.
struct Returned : Block::Owner {
    void release(std::byte* data, std::size_t bytes) noexcept override {
        blocks.emplace_back(data, bytes, nullptr);  // which frees it
    }
    std::vector<Block> blocks;
};

TEST(Block, from_the_heap_is_aligned_to_a_cache_line_once_it_spans_some) {
    for (const std::size_t bytes : {0U, 1U, 4095U, 4096U, 4097U, 100'000U}) {
        const Block block(bytes);
        EXPECT_EQ(block.size(), bytes);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % (bytes < 4096 ? 8 : 64), 0U);
    }
}

TEST(Block, goes_back_to_its_owner_once) {
    const auto owner = std::make_shared<Returned>();
    {
        Block block = Block(100).with_owner(owner);
        Block moved = std::move(block);
        block = std::move(moved);
        EXPECT_TRUE(owner->blocks.empty());
    }
    ASSERT_EQ(owner->blocks.size(), 1U);
    EXPECT_EQ(owner->blocks[0].size(), 100U);
    EXPECT_EQ(owner.use_count(), 1);
}

TEST(Block, assignment_gives_back_what_was_held) {
    const auto owner = std::make_shared<Returned>();
    Block block = Block(100).with_owner(owner);
    block = Block(5);
    EXPECT_EQ(owner->blocks.size(), 1U);
    Block& itself = block;
    block = std::move(itself);
    EXPECT_EQ(block.size(), 5U);
}

class BatchTest : public testing::Test {
protected:
    BatchTest() {
        TableBuilder builder("people");
        builder.key<std::string>("name").key<std::uint8_t>("part");
        builder.column<bool>("alive").column<std::optional<std::int32_t>>("age");
        builder.column<std::array<std::uint16_t, 2>>("place");
        table_ = test::numbered(builder.definition());
    }

    Row person(const char* name, bool alive, const Value& age) {
        const Bytes place{std::byte{1}, std::byte{0}, std::byte{2}, std::byte{1}};
        return {{"name", name}, {"part", 3}, {"alive", alive}, {"age", age}, {"place", place}};
    }

    TableDefinition table_;
};

TEST_F(BatchTest, gives_back_its_cells) {
    const Batch batch = test::batch_of(table_, {person("ana", true, 31), person("bo", false, {})});
    EXPECT_EQ(batch.rows(), 2U);
    EXPECT_EQ(batch.columns(), 5U);
    EXPECT_EQ(batch.text(0, 0), "ana");
    EXPECT_EQ(batch.text(0, 1), "bo");
    EXPECT_EQ(batch.fixed<std::uint8_t>(1, 1), 3);
    EXPECT_TRUE(batch.boolean(2, 0));
    EXPECT_FALSE(batch.boolean(2, 1));
    EXPECT_FALSE(batch.is_null(3, 0));
    EXPECT_TRUE(batch.is_null(3, 1));
    EXPECT_EQ(batch.fixed<std::int32_t>(3, 0), 31);
    EXPECT_EQ(batch.cell(4, 1).size(), 4U);
    EXPECT_EQ(batch.value(3, 0), Value(31));
    EXPECT_EQ(batch.value(3, 1), Value());
    EXPECT_EQ(batch.value(2, 0), Value(true));
}

TEST_F(BatchTest, an_erase_has_only_the_key) {
    const Batch batch = test::batch_of(table_, {{{"name", "ana"}, {"part", 1}}}, Operation::erase);
    EXPECT_EQ(batch.operation(), Operation::erase);
    EXPECT_EQ(batch.columns(), 2U);
    EXPECT_EQ(batch.value(1, 0), Value(std::uint64_t{1}));
}

TEST_F(BatchTest, is_laid_out_as_arrow_wants) {
    std::vector<Row> rows;
    for (int row = 0; row < 9; ++row) rows.push_back(person(row == 0 ? "" : "x", row == 8, row));
    const Batch batch = test::batch_of(table_, rows);
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        const Batch::Layout& at = batch.layout(column);
        EXPECT_EQ(at.data % 8, 0U);
        EXPECT_EQ(at.offsets % 8, 0U);
        EXPECT_GE(at.data, batch.columns() * sizeof(Batch::Layout));
        EXPECT_LE(at.data + at.data_bytes, batch.bytes());
        EXPECT_EQ(at.validity, 0U) << "no cell is null";
    }
    const auto* offsets =
        reinterpret_cast<const std::int32_t*>(batch.data() + batch.layout(0).offsets);
    EXPECT_EQ(offsets[0], 0);
    EXPECT_EQ(offsets[1], 0);
    EXPECT_EQ(offsets[9], 8);
    const std::byte* bits = batch.data() + batch.layout(2).data;
    EXPECT_EQ(bits[0], std::byte{0});
    EXPECT_EQ(bits[1], std::byte{1});
    EXPECT_EQ(batch.layout(2).data_bytes, 2U);
}

TEST_F(BatchTest, cells_outside_are_a_bug) {
    const Batch batch = test::batch_of(table_, {person("ana", true, 1)});
    EXPECT_DEATH((void)batch.cell(0, 1), "row < rows_");
    EXPECT_DEATH((void)batch.cell(5, 0), "column < columns");
    EXPECT_DEATH((void)batch.cell(2, 0), "width != 0");  // a bool
}

}  // namespace
}  // namespace perdure
