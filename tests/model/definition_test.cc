// The format's rules D-1 to D-8: docs/format/definition.md.
#include <limits>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/catalog.h"
#include "model/format_page.h"
#include "model/tables.h"

namespace perdure {
namespace {

std::vector<std::byte> encoded(const TableDefinition& definition) {
    std::vector<std::byte> bytes;
    encode_definition(definition, bytes);
    return bytes;
}

Result<TableDefinition> decoded(const std::vector<std::byte>& bytes) {
    ByteSpan from(bytes);
    return decode_definition(from);
}

// The definition of the page's worked example.
TableDefinition example() {
    TableBuilder builder("trades");
    builder.key<std::uint64_t>("tick").column<std::int32_t>("amount");
    builder.column<std::optional<std::string>>("note").column<std::array<float, 2>>("place");
    TableDefinition table = builder.append_only().category("economy").definition();
    table.id = 7;
    table.version = 2;
    table.next_column_number = 6;
    const std::uint16_t numbers[] = {1, 2, 4, 5};
    for (std::size_t index = 0; index < 4; ++index) table.columns[index].number = numbers[index];
    table.columns[1].default_value = Value(-1);
    return table;
}

void expect_corrupt(const TableDefinition& table, std::string_view words) {
    const Status status = decoded(encoded(table)).status();
    EXPECT_EQ(status.code(), Code::corrupt);
    EXPECT_NE(status.message().find(words), std::string_view::npos) << status.message();
}

TEST(Definition, the_worked_example_is_what_the_code_writes) {
    const auto page = test::hex_block(test::format_page("definition.md"));
    ASSERT_EQ(test::hex(encoded(example())), test::hex(page));
    EXPECT_EQ(*decoded(page), example());
}

TEST(Definition, every_type_and_default_comes_back) {
    TableDefinition table = test::everything();
    Random random(test_seed());
    for (int round = 0; round < 50; ++round) {
        for (Column& column : table.columns) {
            if (!column.nullable) column.default_value = test::random_value(random, column.type);
        }
        const auto bytes = encoded(table);
        const TableDefinition back = *decoded(bytes);
        EXPECT_EQ(encoded(back), bytes);
        for (std::size_t index = 0; index < table.columns.size(); ++index) {
            EXPECT_TRUE(test::same_bits(back.columns[index].default_value,
                                        table.columns[index].default_value));
            EXPECT_EQ(back.columns[index].type, table.columns[index].type);
        }
    }
}

TEST(Definition, one_follows_the_other) {
    std::vector<std::byte> bytes{std::byte{0xEE}};  // what was there stays
    encode_definition(example(), bytes);
    encode_definition(test::everything(), bytes);
    ByteSpan from = ByteSpan(bytes).subspan(1);
    EXPECT_EQ(*decode_definition(from), example());
    EXPECT_EQ((*decode_definition(from)).name, "everything");
    EXPECT_TRUE(from.empty());
}

TEST(Definition, D1_a_newer_format_is_unsupported) {
    auto bytes = encoded(example());
    bytes[0] = std::byte{3};
    EXPECT_EQ(decoded(bytes).status().code(), Code::unsupported);
    bytes[0] = std::byte{0};
    EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt);
}

TEST(Definition, D2_every_shorter_piece_is_refused) {
    const auto bytes = encoded(example());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const std::vector<std::byte> piece(bytes.begin(), bytes.begin() + std::ptrdiff_t(length));
        ByteSpan from(piece);
        EXPECT_EQ(decode_definition(from).status().code(), Code::corrupt) << length;
        EXPECT_EQ(from.size(), length) << "a refusal moves nothing";
    }
}

TEST(Definition, D2_the_body_has_no_byte_too_many_or_too_few) {
    for (const int change : {-1, +1}) {
        auto bytes = encoded(example());
        store_le(bytes.data() + 1,
                 static_cast<std::uint32_t>(static_cast<int>(bytes.size()) - 5 + change));
        bytes.push_back(std::byte{0});
        EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt) << change;
    }
}

TEST(Definition, D3_ids_versions_and_flags_are_known) {
    TableDefinition table = example();
    table.id = 0;
    expect_corrupt(table, "no id or version");
    table = example();
    table.version = 0;
    expect_corrupt(table, "no id or version");
    auto bytes = encoded(example());
    bytes[5 + 8] |= std::byte{4};
    EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt);
}

TEST(Definition, D4_D5_names_and_numbers_are_sound) {
    TableDefinition table = example();
    table.name = "no good";
    expect_corrupt(table, "\"no good\" cannot name a table");
    table = example();
    table.columns[1].name = "TICK";
    expect_corrupt(table, "two columns named TICK");
    table = example();
    table.columns[1].number = 1;
    expect_corrupt(table, "number twice");
    table.columns[1].number = 0;
    expect_corrupt(table, "never given");
    table.columns[1].number = 6;
    expect_corrupt(table, "never given");
    table = example();
    table.name = "_ids";
    EXPECT_TRUE(decoded(encoded(table)).ok()) << "our own names are fine here";
}

TEST(Definition, D6_D7_keys_and_flags_are_sound) {
    TableDefinition table = example();
    table.key_columns = 0;
    expect_corrupt(table, "0 key columns");
    table.key_columns = 4;
    expect_corrupt(table, "cannot be null");
    table = example();
    table.resident = true;
    expect_corrupt(table, "resident and append-only");
}

TEST(Definition, D8_defaults_fit_their_column) {
    auto bytes = encoded(example());
    const auto amount = std::search(bytes.begin(), bytes.end(), as_bytes("amount").begin(),
                                    as_bytes("amount").end());
    ASSERT_NE(amount, bytes.end());
    *(amount + 6) = std::byte{3};  // default_bytes of an i32
    EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt);
    *(amount + 6 + 3) = std::byte{0xFF};  // and longer than all there is
    EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt);
}

TEST(Definition, D9_the_second_format_is_for_what_the_first_cannot_say) {
    TableDefinition table = example();
    table.append_only = false;
    table.conversions = {"split_name", "to_cents"};
    table.columns[2].default_value = Value("none");  // may be null
    auto bytes = encoded(table);
    EXPECT_EQ(bytes[0], std::byte{2});
    EXPECT_EQ(*decoded(bytes), table);
    bytes[0] = std::byte{1};
    EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt);
    bytes = encoded(example());
    bytes[0] = std::byte{2};
    bytes.insert(bytes.end(), 2, std::byte{0});  // no conversions
    store_le(bytes.data() + 1, static_cast<std::uint32_t>(bytes.size() - 5));
    EXPECT_EQ(decoded(bytes).status().code(), Code::corrupt);
    table.conversions = {"no good"};
    expect_corrupt(table, "\"no good\" cannot name a row conversion");
}

TEST(Definition, random_damage_never_harms_and_what_is_taken_is_sound) {
    Random random(test_seed());
    const auto whole = encoded(test::everything());
    const std::uint64_t rounds = test_share_of(100'000);
    std::uint64_t taken = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        auto bytes = random.chance(1, 2) ? whole : encoded(example());
        for (auto left = 1 + random.below(3); left > 0; --left) {
            bytes[random.below(bytes.size())] = static_cast<std::byte>(random.next());
        }
        if (random.chance(1, 10)) bytes.resize(random.below(bytes.size()));
        const auto table = decoded(bytes);
        if (!table.ok()) continue;
        ++taken;
        ASSERT_TRUE((*table).validate(Naming::internal).ok());
        ASSERT_TRUE(check_catalogued(*table).ok());
        std::vector<std::byte> again = encoded(*table);
        again.resize(bytes.size());
        std::copy(bytes.begin() + std::ptrdiff_t(encoded(*table).size()), bytes.end(),
                  again.begin() + std::ptrdiff_t(encoded(*table).size()));
        ASSERT_EQ(again, bytes) << "two encodings of one definition";
    }
    EXPECT_GT(taken, 0U);
}

}  // namespace
}  // namespace perdure
