#include "journal/definitions.h"

#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

TableDefinition table(TableId id, std::uint32_t version) {
    TableDefinition definition = notes();
    definition.id = id;
    definition.version = version;
    definition.name = text::format("table_{}", id);
    return definition;
}

// Whether rows of that table and version can be decoded where we are.
bool knows(const DefinitionsInForce& definitions, TableId id, std::uint32_t version) {
    const TableDefinition named = table(id, version);
    return definitions.know(note(named, 1, "word"));
}

TEST(Definitions, in_force_are_known_by_id_and_version) {
    DefinitionsInForce definitions{Catalog()};
    EXPECT_FALSE(knows(definitions, 5, 1));
    definitions.apply({table(5, 1)});
    definitions.apply({table(3, 1), table(7, 1)});
    definitions.apply({table(3, 1)});  // once more changes nothing
    EXPECT_EQ(definitions.count(), 3U);
    for (const TableId id : {3U, 5U, 7U}) EXPECT_TRUE(knows(definitions, id, 1)) << id;
    EXPECT_FALSE(knows(definitions, 5, 2));
    EXPECT_FALSE(knows(definitions, 6, 1));
}

TEST(Definitions, of_older_versions_are_known_until_a_file_begins) {
    DefinitionsInForce definitions{Catalog()};
    definitions.apply({table(3, 1)});
    definitions.apply({table(3, 2)});
    EXPECT_EQ(definitions.count(), 1U);
    EXPECT_TRUE(knows(definitions, 3, 1));
    definitions.begin_file();
    EXPECT_FALSE(knows(definitions, 3, 1));
    EXPECT_TRUE(knows(definitions, 3, 2));
}

TEST(Definitions, are_decoded_if_they_fill_their_bytes) {
    DefinitionsInForce definitions{Catalog()};
    definitions.apply({table(3, 1), table(4, 1)});
    const ByteSpan bytes = definitions.encoded();
    ASSERT_TRUE(decode_definitions(bytes, 2).ok());
    EXPECT_EQ(decode_definitions(bytes, 2)->back().name, "table_4");
    EXPECT_EQ(decode_definitions(bytes, 1).status().code(), Code::corrupt);
    EXPECT_FALSE(decode_definitions(bytes, 3).ok());
    EXPECT_FALSE(decode_definitions(bytes.first(bytes.size() - 1), 2).ok());
}

}  // namespace
}  // namespace perdure::journal::test
