#include "journal/frame.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_run.h"
#include "journal/frame_decoder.h"
#include "journal/group.h"
#include "model/digest.h"
#include "model/tables.h"

namespace perdure::journal {
namespace {

using perdure::test::batch_of;
using perdure::test::everything;
using perdure::test::random_row;

class FrameTest : public testing::Test {
protected:
    FrameTest() {
        EXPECT_TRUE(catalog.add(everything()).ok());
        table = catalog.find("everything");
    }

    ChangeSet random_changes(std::size_t rows_max) {
        ChangeSet changes;
        changes.lsn = random.next() >> 1;
        if (random.chance(1, 2)) changes.tick = random.next();
        for (const Operation operation : {Operation::erase, Operation::upsert}) {
            std::vector<Row> rows(random.below(rows_max + 1));
            for (Row& row : rows) {
                row = random_row(random, *table);
                if (operation == Operation::erase) row.resize(table->key_columns);
            }
            changes.batches.push_back(batch_of(*table, rows, operation));
        }
        return changes;
    }

    static std::vector<std::byte> encoded(const ChangeSet& changes) {
        std::vector<std::byte> bytes(frame_bytes_max(changes), std::byte{0xee});
        std::byte* end = encode_frame(changes, bytes.data());
        const auto written = static_cast<std::size_t>(end - bytes.data());
        EXPECT_LE(written, bytes.size());
        bytes.resize(written);
        return bytes;
    }

    Result<ChangeSet> decoded(ByteSpan bytes, Lsn lsn) const {
        PERDURE_TAKE(const Frame frame, next_frame(bytes, lsn));
        if (!bytes.empty()) return error(Code::corrupt, "{} bytes are left", bytes.size());
        return FrameDecoder(catalog).decode(frame);
    }

    Random random{test_seed()};
    Catalog catalog;
    const TableDefinition* table = nullptr;
};

void expect_equal(const ChangeSet& left, const ChangeSet& right) {
    EXPECT_EQ(left.lsn, right.lsn);
    EXPECT_EQ(left.tick, right.tick);
    EXPECT_EQ(content_hash(left), content_hash(right));
    std::vector<const Batch*> filled;
    for (const Batch& batch : left.batches) {
        if (batch.rows() != 0) filled.push_back(&batch);
    }
    ASSERT_EQ(filled.size(), right.batches.size());
    for (std::size_t index = 0; index < filled.size(); ++index) {
        EXPECT_EQ(filled[index]->rows(), right.batches[index].rows());
        EXPECT_EQ(filled[index]->operation(), right.batches[index].operation());
        EXPECT_EQ(&filled[index]->table(), &right.batches[index].table());
    }
}

TEST_F(FrameTest, EveryColumnTypeSurvives) {
    for (int round = 0; round < 300; ++round) {
        const ChangeSet changes = random_changes(20);
        const std::vector<std::byte> bytes = encoded(changes);
        const auto back = decoded(bytes, changes.lsn);
        ASSERT_TRUE(back.ok()) << back.status().text();
        expect_equal(changes, *back);
        EXPECT_EQ(encoded(*back), bytes);  // encode(decode(x)) == x
    }
}

TEST_F(FrameTest, AKeyOfTextSurvives) {
    TableBuilder builder("places");
    builder.key<std::string>("name").column<std::uint64_t>("x");
    TableDefinition places = perdure::test::numbered(builder.definition());
    places.id = table->id + 1;
    ASSERT_TRUE(catalog.add(places).ok());
    ChangeSet changes;
    changes.lsn = 1;
    changes.batches.push_back(
        batch_of(*catalog.find("places"), {{{"name", Value("here")}, {"x", Value(1U)}},
                                           {{"name", Value("there")}, {"x", Value(2U)}}}));
    const auto back = decoded(encoded(changes), 1);
    ASSERT_TRUE(back.ok()) << back.status().text();
    expect_equal(changes, *back);
}

TEST_F(FrameTest, FramesFollowOneAnother) {
    ChangeSet first = random_changes(3);
    ChangeSet second = random_changes(3);
    second.lsn = first.lsn + 1;
    std::vector<std::byte> bytes = encoded(first);
    const std::vector<std::byte> more = encoded(second);
    bytes.insert(bytes.end(), more.begin(), more.end());
    ByteSpan rest = bytes;
    ASSERT_TRUE(next_frame(rest, first.lsn).ok());
    EXPECT_EQ(rest.size(), more.size());
    ASSERT_TRUE(next_frame(rest, second.lsn).ok());
    EXPECT_TRUE(rest.empty());
}

TEST_F(FrameTest, DefinitionsSurvive) {
    ChangeSet changes;
    changes.lsn = 9;
    changes.definitions = {everything(), everything()};
    changes.definitions.back().id = 77;
    const auto back = decoded(encoded(changes), 9);
    ASSERT_TRUE(back.ok()) << back.status().text();
    EXPECT_EQ(back->definitions, changes.definitions);
}

// A one-row commit of a u64 key and a u64 value must stay small.
TEST_F(FrameTest, OneRowTakesAtMost64Bytes) {
    TableBuilder builder("kv");
    builder.key<std::uint64_t>("k").column<std::uint64_t>("v");
    const TableDefinition kv = perdure::test::numbered(builder.definition());
    ChangeSet changes;
    changes.lsn = 1;
    changes.batches.push_back(
        batch_of(kv, {{{"k", Value(~std::uint64_t{0} / 3)}, {"v", Value(std::uint64_t{7})}}}));
    EXPECT_LE(encoded(changes).size(), 64U);
}

TEST_F(FrameTest, AFrameOfAnotherLsnIsRefused) {
    const ChangeSet changes = random_changes(2);
    EXPECT_EQ(decoded(encoded(changes), changes.lsn + 1).status().code(), Code::corrupt);
}

TEST_F(FrameTest, AnUnknownTableVersionIsRefusedAndNamed) {
    ChangeSet changes = random_changes(2);
    changes.batches.clear();
    TableDefinition other = *table;
    other.version = 5;
    changes.batches.push_back(batch_of(other, {random_row(random, other)}));
    const auto back = decoded(encoded(changes), changes.lsn);
    EXPECT_EQ(back.status().code(), Code::corrupt);
    EXPECT_NE(back.status().text().find("version 5"), std::string::npos);
}

TEST_F(FrameTest, EveryTruncationIsRefused) {
    const ChangeSet changes = random_changes(3);
    const std::vector<std::byte> bytes = encoded(changes);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_FALSE(decoded(ByteSpan(bytes).first(length), changes.lsn).ok()) << length;
    }
}

// J-10.
TEST_F(FrameTest, DefinitionsStandInTheLastFrameOfAGroupThatSaysSo) {
    ChangeSet definition;
    definition.lsn = 1;
    definition.definitions = {everything()};
    ChangeSet tick;
    tick.lsn = 2;
    const auto code = [&](std::vector<const ChangeSet*> order, std::uint8_t flags) {
        GroupBuilder builder;
        GroupHeader header;
        header.first_lsn = 1;
        header.frames = static_cast<std::uint32_t>(order.size());
        header.flags = flags;
        for (std::size_t index = 0; index < order.size(); ++index) {
            ChangeSet changes;
            changes.lsn = 1 + index;
            changes.definitions = order[index]->definitions;
            builder.add(changes, frame_bytes_max(changes));
        }
        const ByteSpan group = builder.seal(header);
        return decode_group(*read_group_header(group.data()), group, catalog).status().code();
    };
    EXPECT_EQ(code({&tick, &definition}, group_flag_definitions), Code::ok);
    EXPECT_EQ(code({&tick, &tick}, 0), Code::ok);
    EXPECT_EQ(code({&tick, &definition}, 0), Code::corrupt);
    EXPECT_EQ(code({&definition, &tick}, 0), Code::corrupt);
    EXPECT_EQ(code({&definition, &definition}, group_flag_definitions), Code::corrupt);
    EXPECT_EQ(code({&tick, &tick}, group_flag_definitions), Code::corrupt);
}

// J-9: text of three rows, "ab", "cd", "ef"; its four offsets lie before the six letters.
TEST_F(FrameTest, OffsetsThatFallOrDoNotEndWithTheDataAreRefused) {
    TableBuilder builder("texts");
    builder.key<std::uint64_t>("k").column<std::string>("t");
    const TableDefinition texts = perdure::test::numbered(builder.definition());
    Catalog known;
    ASSERT_TRUE(known.add(texts).ok());
    ChangeSet changes;
    changes.lsn = 1;
    changes.batches.push_back(batch_of(texts, {{{"k", Value(1U)}, {"t", Value("ab")}},
                                               {{"k", Value(2U)}, {"t", Value("cd")}},
                                               {{"k", Value(3U)}, {"t", Value("ef")}}}));
    const std::vector<std::byte> whole = encoded(changes);
    const std::size_t offsets = as_text(whole).find("abcdef") - 16;
    const auto code_with = [&](std::size_t index, std::uint32_t offset) {
        std::vector<std::byte> bytes = whole;
        store_le(bytes.data() + offsets + index * 4, offset);
        ByteSpan rest = bytes;
        return FrameDecoder(known).decode(*next_frame(rest, 1)).status().code();
    };
    EXPECT_EQ(code_with(1, 2), Code::ok);
    EXPECT_EQ(code_with(0, 1), Code::corrupt);
    EXPECT_EQ(code_with(1, 5), Code::corrupt);
    EXPECT_EQ(code_with(2, 1), Code::corrupt);
    EXPECT_EQ(code_with(2, 0xffff'ffff), Code::corrupt);
    EXPECT_EQ(code_with(3, 5), Code::corrupt);
    EXPECT_EQ(code_with(3, 7), Code::corrupt);
}

TEST_F(FrameTest, MoreThanAFrameCanSayIsRefusedBeforehand) {
    ChangeSet changes;
    changes.lsn = 1;
    for (std::size_t index = 0; index <= frame_items_max; ++index) {
        changes.batches.push_back(batch_of(*table, {}));
    }
    EXPECT_EQ(check_frame(changes).code(), Code::invalid);
    changes.batches.resize(1);
    EXPECT_TRUE(check_frame(changes).ok());
    changes.definitions.push_back(everything());
    EXPECT_EQ(check_frame(changes).code(), Code::invalid);
}

// Whatever the bytes: an answer, no crash, and what is taken for a change set can be read to its
// last cell.
void touch_everything(const ChangeSet& changes) {
    for (const Batch& batch : changes.batches) {
        for (std::size_t column = 0; column < batch.columns(); ++column) {
            for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                static_cast<void>(batch.value(column, row));
            }
        }
    }
}

TEST_F(FrameTest, MutatedFramesAreRefusedOrReadable) {
    const std::uint64_t rounds = test_share_of(20'000);
    std::uint64_t refused = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const ChangeSet changes = random_changes(4);
        std::vector<std::byte> bytes = encoded(changes);
        for (auto left = random.range(1, 4); left > 0; --left) {
            const std::size_t at = random.below(bytes.size());
            switch (random.below(4)) {
                case 0: bytes[at] ^= static_cast<std::byte>(1U << random.below(8)); break;
                case 1: bytes[at] = static_cast<std::byte>(random.next()); break;
                case 2: bytes[at] = std::byte{0xff}; break;
                default: {
                    const std::size_t from = random.below(bytes.size());
                    const std::size_t length = random.below(9);
                    for (std::size_t index = 0; index < length; ++index) {
                        if (at + index < bytes.size() && from + index < bytes.size()) {
                            bytes[at + index] = bytes[from + index];
                        }
                    }
                }
            }
        }
        const auto back = decoded(bytes, changes.lsn);
        if (back.ok()) {
            touch_everything(*back);
        } else {
            ++refused;
            // A frame that claims to hold definitions may claim a newer format of them.
            const Code code = back.status().code();
            EXPECT_TRUE(code == Code::corrupt || code == Code::unsupported) << back.status().text();
        }
    }
    EXPECT_GT(refused, rounds / 20);
}

TEST_F(FrameTest, RandomBytesAreRefused) {
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> bytes(random.below(200));
        random.fill(bytes);
        if (bytes.size() >= sizeof(FrameHeader)) {  // a frame header that fits, garbage behind it
            FrameHeader header;
            header.bytes = bytes.size() / 8 * 8;
            header.lsn_low = 5;
            header.items = static_cast<std::uint16_t>(1 + random.below(3));
            store_le(bytes.data(), header);
            bytes.resize(header.bytes);
        }
        EXPECT_FALSE(decoded(bytes, 5).ok());
    }
}

}  // namespace
}  // namespace perdure::journal
