// Tables that a program has as words, of a mod's data file say: declared while the world runs, and
// there in the next life, which may not know them. docs/guide/tables.md has a reader of such words.
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

#include "world/home.h"

namespace perdure {
namespace {

// "key good text": a line for each column.
Result<TableBuilder> read_table(std::string name, const std::string& lines) {
    TableBuilder table(std::move(name));
    std::istringstream all(lines);
    for (std::string line; std::getline(all, line);) {
        std::istringstream words(line);
        std::string what, column, type_name;
        words >> what >> column >> type_name;
        const Result<ColumnType> type = parse_column_type(type_name);
        if (!type) return type.status().with_context(line);
        if (what == "key") {
            table.key(column, *type);
        } else if (what == "column" || what == "nullable") {
            table.column(column, *type, what == "nullable");
        } else {
            return Status(Code::invalid, line + ": neither key nor column");
        }
    }
    return table;
}

const std::string offers = "key good text\nkey day u16\ncolumn price i64\nnullable note text\n";

class DescribedTables : public OnEveryStore {
protected:
    void declare(const std::string& name, const std::string& lines) {
        const Status declared = try_declare(name, lines);
        ASSERT_TRUE(declared.ok()) << declared.text();
    }
    Status try_declare(const std::string& name, const std::string& lines) {
        const Result<TableBuilder> table = read_table(name, lines);
        return table.ok() ? home_->declare(*table) : table.status();
    }
    void offer(std::string good, std::uint64_t day, std::int64_t price) {
        home_.put("offers", {{"good", std::move(good)}, {"day", day}, {"price", price}});
    }
};
INSTANTIATE_TEST_SUITE_P(, DescribedTables, every_store(), store_name);

TEST_P(DescribedTables, are_written_and_read_like_others) {
    declare("offers", offers);
    offer("bread", 2, 3);
    offer("bread", 1, 4);
    home_.put("offers",
              {{"good", "wine"}, {"day", std::uint64_t{1}}, {"price", 9}, {"note", "red"}});
    EXPECT_EQ(home_.rows("offers"), (Rows{"bread 1 4 null", "bread 2 3 null", "wine 1 9 red"}));
    home_.drain();
    EXPECT_EQ(home_.rows("offers"), (Rows{"bread 1 4 null", "bread 2 3 null", "wine 1 9 red"}));
}

TEST_P(DescribedTables, have_columns_of_every_type) {
    const std::string types[] = {
        "bool", "i8",  "i16", "i32",  "i64",  "u8",    "u16",  "u32",          "u64",
        "id",   "f32", "f64", "text", "json", "bytes", "uuid", "array<f32,4>", "array<u8,65535>"};
    std::string lines = "key id u64\n";
    std::size_t number = 0;
    for (const std::string& type : types) {
        lines += text::format("column c{} {}\nnullable n{} {}\n", number, type, number, type);
        ++number;
    }
    declare("everything", lines);
    home_.put("everything", {{"id", std::uint64_t{1}}, {"c12", "words"}});
    home_.drain();
    auto view = home_->snapshot();
    ASSERT_TRUE(view.ok());
    const auto row = view->find("everything", {{"id", std::uint64_t{1}}});
    ASSERT_TRUE(row.ok() && row->has_value()) << row.status().text();
    const TableDefinition& table = (*row)->batch().table();
    for (std::size_t at = 0; at < number; ++at) {
        EXPECT_EQ(table.columns[1 + 2 * at].type.name(), types[at]);
        EXPECT_EQ(table.columns[2 + 2 * at].type.name(), types[at]);
        EXPECT_TRUE((*row)->batch().is_null(2 + 2 * at, 0)) << types[at];
    }
    EXPECT_EQ(*(**row)["c12"].get_if<std::string>(), "words");
}

TEST_P(DescribedTables, of_wrong_words_are_refused_and_nothing_is_declared) {
    for (const char* lines : {"key good string", "key good text\ncolumn price", "index good text",
                              "", "column price i64", "key weight f64", "key _good text",
                              "key good text\ncolumn GOOD text"}) {
        EXPECT_EQ(try_declare("offers", lines).code(), Code::invalid) << lines;
        EXPECT_EQ(home_.rows("offers").front().find("not_found"), 0U) << lines;
    }
}

class DescribedTablesOnDisk : public DescribedTables {
protected:
    void SetUp() override {
        DescribedTables::SetUp();
        declare("offers", offers);
        offer("bread", 1, 4);
    }
    void next_life(bool sudden, const Schema& schema) {
        sudden ? home_.crash() : home_.close();
        home_.know(schema);
        home_.open();
    }
};
INSTANTIATE_TEST_SUITE_P(, DescribedTablesOnDisk, testing::Values(Home::Kind::sqlite), store_name);

TEST_P(DescribedTablesOnDisk, are_there_in_a_life_that_does_not_list_them) {
    for (const bool sudden : {true, false}) {
        next_life(sudden, Schema());
        EXPECT_EQ(home_.rows("offers"), Rows{"bread 1 4 null"});
    }
    offer("wine", 1, 9);
    next_life(true, Schema());
    EXPECT_EQ(home_.rows("offers"), (Rows{"bread 1 4 null", "wine 1 9 null"}));
    EXPECT_EQ(try_declare("offers", offers).code(), Code::ok) << "the same again";
}

TEST_P(DescribedTablesOnDisk, change_at_opening_and_at_a_reload_never_by_declaring) {
    const std::string more = offers + "column seen bool\n";
    EXPECT_EQ(try_declare("offers", more).code(), Code::incompatible);
    Schema next = test_schema();
    next.table("offers") = *read_table("offers", more);
    const Status reloaded = home_->reload(next);
    ASSERT_TRUE(reloaded.ok()) << reloaded.text();
    EXPECT_EQ(home_.rows("offers"), Rows{"bread 1 4 null false"});
    const std::string most = more + "column left u32\n";
    next.table("offers");  // twice in one schema is a mistake
    EXPECT_EQ(home_->reload(next).code(), Code::invalid);
    Schema last = test_schema();
    last.table("offers") = *read_table("offers", most);
    next_life(true, last);
    EXPECT_EQ(home_.rows("offers"), Rows{"bread 1 4 null false 0"});
}

TEST_P(DescribedTablesOnDisk,
       of_a_category_that_nobody_declares_any_more_are_as_durable_as_others) {
    TableBuilder table = *read_table("echoes", "key id u64");
    ASSERT_TRUE(home_->declare(table.category("fleeting")).ok());
    home_.put("echoes", {{"id", std::uint64_t{1}}});
    next_life(true, test_schema());
    EXPECT_EQ(home_.rows("echoes"), Rows{}) << "an ephemeral table's rows end with their process";
    next_life(true, Schema());
    home_.put("echoes", {{"id", std::uint64_t{2}}});
    next_life(true, Schema());
    EXPECT_EQ(home_.rows("echoes"), Rows{"2"});
}

}  // namespace
}  // namespace perdure
