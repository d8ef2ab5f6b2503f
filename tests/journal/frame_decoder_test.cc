// Frames whose checksums would be right and whose content cannot be: each is refused for what it is
// (J-9, J-10). Frames that were damaged at random: frame_test.cc.
#include "journal/frame_decoder.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "journal/frame.h"
#include "journal/group.h"
#include "journal/key_codec.h"
#include "model/tables.h"

namespace perdure::journal {
namespace {

using perdure::test::batch_of;

// One frame of one batch of one row: key k = 7, n = null, t = "ab". Its parts can be changed.
class FrameDecoderTest : public testing::Test {
protected:
    using Change = std::function<void(std::vector<std::byte>&)>;
    static constexpr std::size_t batch_at = sizeof(FrameHeader);
    static constexpr std::size_t body_at = batch_at + sizeof(BatchHeader);
    // Flags, width and difference of k; flags of n, its validity; flags of t, its length.
    static constexpr std::size_t n_at = body_at + 3;
    static constexpr std::size_t t_at = n_at + 2 + 8;

    FrameDecoderTest() {
        TableBuilder builder("row");
        builder.key<std::uint64_t>("k");
        builder.column("n", {ColumnKind::u64, ColumnKind::u8, 0}, true);
        builder.column<std::string>("t");
        EXPECT_TRUE(catalog.add(perdure::test::numbered(builder.definition())).ok());
        ChangeSet changes;
        changes.lsn = 1;
        changes.batches.push_back(batch_of(
            *catalog.find("row"), {{{"k", Value(7U)}, {"n", Value()}, {"t", Value("ab")}}}));
        whole = encoded(changes);
    }

    static std::vector<std::byte> encoded(const ChangeSet& changes) {
        std::vector<std::byte> bytes(frame_bytes_max(changes));
        std::byte* const end = encode_frame(changes, bytes.data());
        bytes.resize(static_cast<std::size_t>(end - bytes.data()));
        return bytes;
    }
    [[nodiscard]] Status decoded(ByteSpan bytes) const {
        PERDURE_TAKE(const Frame frame, next_frame(bytes, 1));
        return FrameDecoder(catalog).decode(frame).status();
    }
    void expect_refused(const Change& change, std::string_view part) const {
        std::vector<std::byte> bytes = whole;
        change(bytes);
        const Status status = decoded(bytes);
        EXPECT_EQ(status.code(), Code::corrupt) << part;
        EXPECT_NE(status.text().find(part), std::string::npos) << status.text();
    }
    void expect_frame_refused(const std::function<void(FrameHeader&)>& change,
                              std::string_view part) const {
        expect_refused([&](std::vector<std::byte>& bytes) { change_at(bytes, 0, change); }, part);
    }
    void expect_batch_refused(const std::function<void(BatchHeader&)>& change,
                              std::string_view part) const {
        expect_refused([&](std::vector<std::byte>& bytes) { change_at(bytes, batch_at, change); },
                       part);
    }
    void expect_byte_refused(std::size_t at, unsigned value, std::string_view part) const {
        expect_refused(
            [&](std::vector<std::byte>& bytes) { bytes[at] = static_cast<std::byte>(value); },
            part);
    }
    // The body of the batch ends after so many of its bytes.
    void expect_cut_off(std::uint64_t body_bytes, std::string_view column) const {
        expect_batch_refused([&](BatchHeader& header) { header.body_bytes = body_bytes; }, column);
    }

    template <typename Header>
    static void change_at(std::vector<std::byte>& bytes, std::size_t at,
                          const std::function<void(Header&)>& change) {
        auto header = load_le<Header>(bytes.data() + at);
        change(header);
        store_le(bytes.data() + at, header);
    }

    Catalog catalog;
    std::vector<std::byte> whole;
};

TEST_F(FrameDecoderTest, takes_the_frame_as_it_was_encoded) {
    EXPECT_EQ(decoded(whole).text(), Status().text());
}

TEST_F(FrameDecoderTest, refuses_a_frame_header_that_cannot_be) {
    using Header = FrameHeader;
    expect_refused([](auto& bytes) { bytes.resize(sizeof(Header) - 1); }, "are left for its frame");
    expect_frame_refused([](Header& header) { header.bytes = 8; }, "its frame claims 8 bytes");
    expect_frame_refused([](Header& header) { header.bytes += 8; }, "its frame claims");
    expect_frame_refused([](Header& header) { header.bytes -= 1; }, "its frame claims");
    expect_frame_refused([](Header& header) { header.lsn_low = 2; }, "of another LSN");
    expect_frame_refused([](Header& header) { header.flags = 2; }, "flags 2 are unknown");
    expect_frame_refused([](Header& header) { header.kind = FrameKind{3}; }, "frame kind 3");
}

// A tick takes eight bytes more, and they count.
TEST_F(FrameDecoderTest, refuses_a_frame_too_short_for_its_tick) {
    ChangeSet nothing;
    nothing.lsn = 1;
    whole = encoded(nothing);
    ASSERT_TRUE(decoded(whole).ok());
    expect_frame_refused([](FrameHeader& header) { header.flags = frame_flag_tick; },
                         "its frame claims 16 bytes of 16");
}

TEST_F(FrameDecoderTest, refuses_a_batch_header_that_cannot_be) {
    using Header = BatchHeader;
    expect_frame_refused([](FrameHeader& header) { header.items = 2; }, "are left for a batch");
    expect_batch_refused([](Header& header) { ++header.table; }, "no definition of table");
    expect_batch_refused([](Header& header) { ++header.version; }, "no definition of table");
    expect_batch_refused([](Header& header) { header.operation = 9; }, "operation 9");
    expect_batch_refused([](Header& header) { ++header.columns; }, "1 rows of 4 columns");
    expect_batch_refused([](Header& header) { header.zero = 1; }, "1 rows of 3 columns");
    expect_batch_refused([](Header& header) { header.rows = 0; }, "0 rows of 3 columns");
    expect_batch_refused([](Header& header) { header.rows = batch_rows_max + 1; }, "rows of 3");
    expect_batch_refused([](Header& header) { header.body_bytes = 4096; }, "a body of 4096 bytes");
    expect_batch_refused([](Header& header) { header.operation = 2, header.columns = 1; },
                         "bytes follow its columns");
}

TEST_F(FrameDecoderTest, refuses_columns_that_are_cut_off) {
    const auto cut_off = [](std::string_view column) {
        return std::string(column) + ": its 1 rows are cut off";
    };
    expect_cut_off(0, cut_off("column k"));
    expect_cut_off(1, "column k: the differences of its 1 keys do not hold");
    expect_cut_off(2, "column k: the differences of its 1 keys do not hold");
    expect_cut_off(n_at - body_at, cut_off("column n"));              // no flags
    expect_cut_off(n_at - body_at + 1, cut_off("column n"));          // no validity
    expect_cut_off(n_at - body_at + 2, cut_off("column n"));          // no data
    expect_cut_off(t_at - body_at + 1, cut_off("column t"));          // no length
    expect_cut_off(t_at - body_at + 1 + 4, cut_off("column t"));      // no offsets
    expect_cut_off(t_at - body_at + 1 + 4 + 8, cut_off("column t"));  // no letters
}

TEST_F(FrameDecoderTest, refuses_flags_that_the_column_cannot_have) {
    expect_byte_refused(body_at, 0, "column k: flags 0");
    expect_byte_refused(body_at, column_flag_key_deltas | column_flag_validity,
                        "column k: flags 3");
    expect_byte_refused(body_at, column_flag_key_deltas | 4, "column k: flags 6");
    expect_byte_refused(n_at, column_flag_key_deltas, "column n: flags 2");
    expect_byte_refused(t_at, column_flag_validity, "column t: flags 1");
}

TEST_F(FrameDecoderTest, refuses_what_follows_the_last_batch) {
    expect_refused([](auto& bytes) { bytes.back() = std::byte{1}; }, "bytes follow its batches");
    expect_refused(
        [](auto& bytes) {
            bytes.resize(bytes.size() + frame_alignment);
            store_le(bytes.data(), std::uint64_t{bytes.size()});
        },
        "bytes follow its batches");
}

// A block of keys that are all the same takes one byte: what fits a frame may not fit a batch.
TEST_F(FrameDecoderTest, refuses_keys_that_unfold_to_more_than_a_batch_holds) {
    TableBuilder builder("pairs");
    builder.key<std::uint64_t>("x").key<std::uint64_t>("y");
    TableDefinition pairs = perdure::test::numbered(builder.definition());
    pairs.id = 99;
    ASSERT_TRUE(catalog.add(pairs).ok());
    constexpr std::uint64_t column_bytes = 1 + batch_rows_max / key_block_rows;
    BatchHeader header;
    header.table = pairs.id;
    header.version = pairs.version;
    header.rows = batch_rows_max;
    header.columns = 2;
    header.operation = static_cast<std::uint8_t>(Operation::upsert);
    header.body_bytes = 2 * column_bytes;
    std::vector<std::byte> body(sizeof header + header.body_bytes);
    store_le(body.data(), header);
    body[sizeof header] = body[sizeof header + column_bytes] = std::byte{column_flag_key_deltas};
    Frame frame;
    frame.lsn = 1;
    frame.items = 1;
    frame.body = body;
    const Status status = FrameDecoder(catalog).decode(frame).status();
    EXPECT_EQ(status.code(), Code::corrupt) << status.text();
    EXPECT_NE(status.text().find("table pairs"), std::string::npos) << status.text();
}

TEST_F(FrameDecoderTest, refuses_damaged_definitions) {
    ChangeSet changes;
    changes.lsn = 1;
    changes.definitions = {*catalog.find("row")};
    whole = encoded(changes);
    ASSERT_TRUE(decoded(whole).ok());
    expect_byte_refused(batch_at, 0, "has no format");
    expect_frame_refused([](FrameHeader& header) { header.items = 2; }, "table definition");
    expect_frame_refused([](FrameHeader& header) { header.items = 0; },
                         "bytes follow its definitions");
    expect_refused(
        [](auto& bytes) {
            bytes.resize(bytes.size() + frame_alignment, std::byte{1});
            store_le(bytes.data(), std::uint64_t{bytes.size()});
        },
        "bytes follow its definitions");
    // As short as padding, and not zero.
    std::vector<std::byte> definition;
    encode_definition(changes.definitions.front(), definition);
    if (definition.size() % frame_alignment == 0) {
        changes.definitions.front().name += "x";
        whole = encoded(changes);
    }
    expect_byte_refused(whole.size() - 1, 1, "bytes follow its definitions");
}

TEST_F(FrameDecoderTest, refuses_a_group_that_its_frames_do_not_fill) {
    GroupBuilder builder;
    GroupHeader header;
    header.first_lsn = 1;
    header.frames = 2;
    for (const Lsn lsn : {1U, 2U}) {
        ChangeSet changes;
        changes.lsn = lsn;
        builder.add(changes, frame_bytes_max(changes));
    }
    const ByteSpan group = builder.seal(header);
    auto sealed = *read_group_header(group.data());
    ASSERT_TRUE(decode_group(sealed, group, catalog).ok());
    sealed.frames = 1;
    EXPECT_NE(decode_group(sealed, group, catalog).status().text().find("follow its frames"),
              std::string::npos);
    sealed.frames = 3;
    EXPECT_NE(decode_group(sealed, group, catalog).status().text().find("left for its frame"),
              std::string::npos);
}

}  // namespace
}  // namespace perdure::journal
