#include <gtest/gtest.h>

#include "model/batch_builder.h"
#include "model/block_pool.h"
#include "model/tables.h"

namespace perdure {
namespace {

TEST(BatchFrame, refuses_more_rows_than_a_batch_has) {
    const TableDefinition table = test::everything();
    const std::vector<ColumnNeed> needs(table.columns.size());
    const auto frame = BatchFrame::make(table, Operation::erase, batch_rows_max + 1, needs);
    EXPECT_EQ(frame.status().code(), Code::no_space);
    EXPECT_NE(frame.status().message().find("commit in pieces"), std::string_view::npos);
}

TEST(BatchFrame, refuses_more_bytes_than_offsets_can_say) {
    const TableDefinition table = test::everything();
    std::vector<ColumnNeed> needs(table.columns.size());
    EXPECT_EQ(BatchFrame::make(table, Operation::upsert, batch_rows_max, needs).status().code(),
              Code::no_space);
    needs[*table.find_column("c_text")].variable_bytes = variable_bytes_max + 1;
    const auto frame = BatchFrame::make(table, Operation::upsert, 1, needs);
    EXPECT_EQ(frame.status().code(), Code::no_space);
    EXPECT_NE(frame.status().message().find("column c_text"), std::string_view::npos);
}

// Fills the block beforehand, so that whatever is not written shows.
class DirtyPool {
public:
    DirtyPool() : pool_(1U << 30) {
        std::vector<Block> blocks;
        for (std::size_t bytes = 32U << 10; bytes <= 1U << 20; bytes += 8U << 10) {
            Block block = pool_.take(bytes);
            std::memset(block.data(), 0xAA, block.size());
            blocks.push_back(std::move(block));
        }
    }
    BlockPool* get() { return &pool_; }

private:
    BlockPool pool_;
};

// Marks which bytes of a batch are buffers; what is not must be padding.
class Map {
public:
    explicit Map(const Batch& batch) : batch_(batch), used_(batch.bytes(), false) {
        const std::size_t rows = batch.rows();
        mark(0, batch.columns() * sizeof(Batch::Layout));
        for (std::size_t index = 0; index < batch.columns(); ++index) {
            const Batch::Layout& at = batch.layout(index);
            if (at.validity != 0) mark(at.validity, (rows + 7) / 8);
            if (at.offsets != 0) mark(at.offsets, (rows + 1) * 4);
            mark(at.data, at.data_bytes);
        }
    }

    void expect_zero_padding() const {
        for (std::size_t byte = 0; byte < round_up(end_, 8); ++byte) {
            EXPECT_TRUE(used_[byte] || batch_.data()[byte] == std::byte{0}) << "at " << byte;
        }
    }

private:
    void mark(std::size_t at, std::size_t bytes) {
        ASSERT_LE(at + bytes, used_.size());
        for (std::size_t byte = at; byte < at + bytes; ++byte) {
            EXPECT_FALSE(used_[byte]) << "buffers overlap at " << byte;
            used_[byte] = true;
        }
        end_ = std::max(end_, at + bytes);
    }

    const Batch& batch_;
    std::vector<bool> used_;
    std::size_t end_ = 0;
};

void expect_zeros(const std::byte* at, std::size_t bytes) {
    for (std::size_t byte = 0; byte < bytes; ++byte) EXPECT_EQ(at[byte], std::byte{0});
}

TEST(BatchFrame, begins_with_zero_bitmaps_and_keeps_padding_zero) {
    DirtyPool pool;
    const TableDefinition table = test::everything();
    for (const std::uint32_t rows : {601U, 1024U, 1027U}) {
        std::vector<ColumnNeed> needs(table.columns.size());
        for (std::size_t index = 0; index < needs.size(); ++index) {
            needs[index].validity = table.columns[index].nullable;
            needs[index].variable_bytes = table.columns[index].type.is_variable() ? 5 * rows : 0;
        }
        auto frame = *BatchFrame::make(table, Operation::upsert, rows, needs, pool.get());
        for (std::size_t index = 0; index < needs.size(); ++index) {
            if (needs[index].validity) expect_zeros(frame.validity(index), (rows + 7) / 8);
            if (table.columns[index].type.kind == ColumnKind::boolean) {
                expect_zeros(frame.data(index), frame.data_bytes(index));
            }
            if (std::uint32_t* offsets = frame.offsets(index)) {
                EXPECT_EQ(offsets[0], 0U);
                for (std::uint32_t row = 1; row <= rows; ++row) offsets[row] = 5 * row;
            }
            std::memset(frame.data(index), 0xFF, frame.data_bytes(index));
        }
        const Batch batch = std::move(frame).finish();
        Map(batch).expect_zero_padding();
    }
}

TEST(BatchFrame, a_variable_column_may_become_shorter_than_planned) {
    TableBuilder builder("names");
    builder.key<std::uint64_t>("id").column<std::string>("name");
    const TableDefinition table = test::numbered(builder.definition());
    const std::vector<ColumnNeed> needs{{}, {false, 100}};
    auto frame = *BatchFrame::make(table, Operation::upsert, 1, needs);
    std::memset(frame.data(0), 0, 8);
    std::memcpy(frame.data(1), "ana", 3);
    frame.offsets(1)[1] = 3;
    const Batch batch = std::move(frame).finish();
    EXPECT_EQ(batch.layout(1).data_bytes, 3U);
    EXPECT_EQ(batch.text(1, 0), "ana");
}

TEST(BatchFrame, a_batch_without_rows_is_fine) {
    const TableDefinition table = test::everything();
    const std::vector<ColumnNeed> needs(table.columns.size());
    auto frame = *BatchFrame::make(table, Operation::upsert, 0, needs);
    const Batch batch = std::move(frame).finish();
    EXPECT_EQ(batch.rows(), 0U);
    Map(batch).expect_zero_padding();
}

}  // namespace
}  // namespace perdure
