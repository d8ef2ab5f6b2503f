#include "store/sqlite/salvage.h"

#include <limits>
#include <set>

#include "base/error.h"
#include "io/posix_file_system.h"
#include "store/sqlite/private_copy.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::page_bytes;
using sqlite::Salvage;
using sqlite::SalvagedTable;

class SalvageTest : public SqliteTest {
protected:
    static constexpr std::int64_t rows = 2000;

    void fill() {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.define(trades()));
        ASSERT_OK(world.upsert(positions(), row_range(1, rows)));
        std::vector<Row> traded;
        for (std::uint32_t at = 0; at < rows; ++at) {
            traded.push_back({{"tick", std::uint64_t{at / 10}}, {"seq", at % 10}, {"amount", 5}});
        }
        ASSERT_OK(world.upsert(trades(), traded));
    }
    [[nodiscard]] std::uint64_t pages() const {
        return std::filesystem::file_size(path()) / page_bytes;
    }
    void spoil(std::uint64_t page) { flip_byte(path(), (page - 1) * page_bytes + 3000); }

    SalvagedTable read(const TableDefinition& table) {
        const std::string copies = directory() + "/copies";
        std::filesystem::remove_all(copies);
        std::filesystem::create_directory(copies);
        auto salvage = Salvage::open(files_, *sqlite::copy_files(files_, path(), copies));
        EXPECT_TRUE(salvage.ok()) << salvage.status().text();
        if (!salvage.ok()) return {};
        found_.clear();
        auto read = (*salvage)->read(table, [&](Batch&& batch) -> Status {
            for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                const auto position = sqlite::salvage_position(batch, row);
                EXPECT_TRUE(position.has_value());
                found_.insert(*position);
                ++given_;
            }
            return {};
        });
        EXPECT_TRUE(read.ok()) << read.status().text();
        knows_ = (*salvage)->knows_tables();
        return read.ok() ? *read : SalvagedTable();
    }
    // Of a table's tree: a bad one hides all of the table.
    [[nodiscard]] bool is_root(std::uint64_t page) const {
        return roots_.find("\n" + std::to_string(page) + "\n") != std::string::npos;
    }
    static bool in_gaps(const SalvagedTable& table, std::int64_t position) {
        return std::any_of(table.gaps.begin(), table.gaps.end(), [&](const auto& gap) {
            return gap.first <= position && position <= gap.last;
        });
    }

    io::PosixFileSystem files_;
    std::multiset<std::int64_t> found_;
    std::uint64_t given_ = 0;
    std::string roots_;
    bool knows_ = false;
};

TEST_F(SalvageTest, reads_a_whole_store_whole) {
    fill();
    const SalvagedTable read_positions = read(positions());
    EXPECT_TRUE(read_positions.whole()) << read_positions.why;
    EXPECT_EQ(found_.size(), static_cast<std::size_t>(rows));
    EXPECT_TRUE(knows_);
    EXPECT_TRUE(read(trades()).whole());
    EXPECT_EQ(found_.size(), static_cast<std::size_t>(rows));
}

TEST_F(SalvageTest, reads_around_bad_pages_each_row_once_and_names_every_gap) {
    fill();
    int with_gaps = 0;
    for (std::uint64_t page = 2; page + 4 <= pages(); page += 3) {
        const std::string whole = file_bytes(path());
        roots_ = "\n" + PlainSqlite(path()).ask("SELECT rootpage FROM sqlite_schema") + "\n";
        spoil(page);
        spoil(page + 4);  // with an island between them
        for (const TableDefinition& table : {positions(), trades()}) {
            given_ = 0;
            const SalvagedTable report = read(table);
            EXPECT_EQ(report.rows, given_);
            const bool by_id = table.name == "position";
            const std::int64_t last = by_id ? rows : rows / 10 - 1;
            std::int64_t missing = 0;
            for (std::int64_t at = by_id ? 1 : 0; at <= last; ++at) {
                const std::int64_t position =
                    by_id ? at
                          : static_cast<std::int64_t>(static_cast<std::uint64_t>(at) ^
                                                      (std::uint64_t{1} << 63));
                const auto times = found_.count(position);
                EXPECT_LE(times, by_id ? 1U : 10U);
                if (times == (by_id ? 1U : 10U)) continue;
                ++missing;
                // Ticks on the edge of a gap have some rows that can be read.
                const bool told = in_gaps(report, position) || in_gaps(report, position + 1) ||
                                  in_gaps(report, position - 1);
                EXPECT_TRUE(told) << table.name << " " << at << ", page " << page;
            }
            if (missing > 0) ++with_gaps;
            EXPECT_EQ(missing > 0, !report.whole()) << report.why;
            const bool root_is_bad = is_root(page) || is_root(page + 4);
            EXPECT_TRUE(missing < 700 || root_is_bad)
                << table.name << ", page " << page << ": " << missing << " missing";
        }
        overwrite(path(), whole);
        if (HasFailure()) return;
    }
    EXPECT_GT(with_gaps, 3);
}

TEST_F(SalvageTest, finds_nothing_where_the_list_of_tables_is_gone) {
    fill();
    spoil(1);
    const SalvagedTable report = read(positions());
    EXPECT_EQ(report.rows, 0U);
    EXPECT_FALSE(report.whole());
    EXPECT_FALSE(knows_);
}

// Everything of a table, from a file in which this was done; checksums are
// right.
class OddSalvageTest : public SalvageTest {
protected:
    void make(const std::vector<TableDefinition>& tables, const std::vector<Row>& rows_of_first) {
        World world = open();
        for (const TableDefinition& table : tables) ASSERT_OK(world.define(table));
        ASSERT_OK(world.upsert(tables[0], rows_of_first));
    }
    void meddle(const std::string& sql) {
        const auto vfs = *sqlite::ChecksumVfs::make("unix");
        auto meddler =
            *sqlite::Connection::open({.path = path(), .vfs = vfs->name(), .write = true});
        ASSERT_OK(meddler.run(sql));
    }
    // Of the table's tree: its pages in order.
    void spoil_leaf(const std::string& table, int which) {
        const std::string page = PlainSqlite(path()).ask(
            text::format("SELECT pageno FROM dbstat WHERE name = '{}' AND pagetype = 'leaf'"
                         " ORDER BY path LIMIT 1 OFFSET {}",
                         table, which));
        ASSERT_EQ(page.find_first_not_of("0123456789"), std::string::npos) << page;
        spoil(std::stoull(page));
    }
    SalvagedTable read_text_keys(const TableDefinition& table) {
        auto salvage = Salvage::open(io::PosixFileSystem(), path());
        EXPECT_TRUE(salvage.ok()) << salvage.status().text();
        found_keys_ = 0;
        return *(*salvage)->read(table, [&](Batch&& batch) -> Status {
            EXPECT_FALSE(sqlite::salvage_position(batch, 0).has_value());
            found_keys_ += batch.rows();
            return {};
        });
    }

    std::uint64_t found_keys_ = 0;
};

TEST_F(OddSalvageTest, where_keys_are_no_numbers_all_that_is_known_is_that_rows_are_missing) {
    const TableDefinition tags =
        table_of(5, "tags", 2, {{"name", of(ColumnKind::text)}, {"tag", of(ColumnKind::text)}});
    std::vector<Row> tagged;
    for (int at = 0; at < 2000; ++at) {
        tagged.push_back({{"name", text::format("name {:05}", at)}, {"tag", "tag"}});
    }
    make({tags}, tagged);
    EXPECT_TRUE(read_text_keys(tags).whole());
    EXPECT_EQ(found_keys_, 2000U);
    spoil_leaf("tags", 2);
    const SalvagedTable report = read_text_keys(tags);
    EXPECT_FALSE(report.whole());
    EXPECT_EQ(report.by, SalvagedTable::By::nothing);
    ASSERT_EQ(report.gaps.size(), 1U);
    EXPECT_EQ(report.gaps[0].first, 0);
    EXPECT_EQ(report.gaps[0].last, 0);
    EXPECT_GT(found_keys_, 1000U);
    EXPECT_LT(found_keys_, 2000U);
}

TEST_F(OddSalvageTest, rows_behind_an_index_are_counted_by_their_numbers) {
    std::vector<Row> named;
    for (int at = 0; at < 300; ++at) {
        named.push_back({{"collection", "c"},
                         {"name", text::format("name {:05}", at)},
                         {"content", Bytes(100, std::byte{1})}});
    }
    make({named_values()}, named);
    spoil_leaf("named", 3);
    const SalvagedTable report = read_text_keys(named_values());
    EXPECT_EQ(report.by, SalvagedTable::By::row_number);
    ASSERT_EQ(report.gaps.size(), 1U);
    EXPECT_EQ(static_cast<std::uint64_t>(report.gaps[0].last - report.gaps[0].first) + 1,
              300 - found_keys_);
}

TEST_F(OddSalvageTest, a_gap_may_lie_within_the_rows_of_one_number) {
    for (const std::uint64_t tick : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}}) {
        std::filesystem::remove(path());
        std::vector<Row> traded;
        for (std::uint32_t at = 0; at < 3000; ++at) {
            traded.push_back({{"tick", tick}, {"seq", at}, {"amount", 5}});
        }
        make({trades()}, traded);
        spoil_leaf("trades", 3);
        const SalvagedTable report = read(trades());
        ASSERT_EQ(report.gaps.size(), 1U);
        EXPECT_EQ(report.gaps[0].first, report.gaps[0].last);
        EXPECT_EQ(sqlite::salvage_key_text(trades(), report.gaps[0].first),
                  text::format("{}", tick));
        EXPECT_LT(found_.size(), 3000U);
    }
}

// Far apart, out to both ends of all numbers.
TEST_F(OddSalvageTest, keys_may_be_sparse) {
    const TableDefinition wide =
        table_of(6, "wide", 1, {{"k", of(ColumnKind::i64)}, {"words", of(ColumnKind::text)}});
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::vector<Row> sparse{{{"k", -most - 1}}, {{"k", most}}};
    for (std::int64_t at = -300; at <= 300; ++at) {
        sparse.push_back({{"k", at * 1'000'000'000'000}, {"words", std::string(100, 'w')}});
    }
    std::sort(sparse.begin() + 2, sparse.end(), [](const auto&, const auto&) { return false; });
    make({wide}, sparse);
    spoil_leaf("wide", 2);
    spoil_leaf("wide", 9);
    const SalvagedTable report = read(wide);
    EXPECT_FALSE(report.whole());
    EXPECT_GE(report.gaps.size(), 1U);
    EXPECT_GT(found_.size(), 100U);
    for (std::int64_t at = -300; at <= 300; ++at) {
        const std::int64_t key = at * 1'000'000'000'000;
        EXPECT_TRUE(found_.contains(key) || in_gaps(report, key)) << at;
    }
}

TEST_F(OddSalvageTest, rows_that_no_program_of_ours_wrote_are_refused_one_by_one) {
    const TableDefinition small =
        table_of(7, "small", 1, {{"id", of(ColumnKind::u8)}, {"n", of(ColumnKind::i8)}});
    make({small}, {{{"id", 1}, {"n", 5}}, {{"id", 2}, {"n", 6}}, {{"id", 3}, {"n", 7}}});
    meddle("UPDATE small SET n = 300 WHERE id = 2");
    const SalvagedTable report = read(small);
    EXPECT_EQ(report.refused, 1U);
    EXPECT_EQ(report.rows, 2U);
    EXPECT_FALSE(report.whole());
    EXPECT_TRUE(report.gaps.empty());
}

TEST_F(OddSalvageTest, a_table_that_is_not_there_is_said) {
    make({positions()}, row_range(1, 3));
    meddle("DROP TABLE position");
    EXPECT_NE(read(positions()).why.find("no table position"), std::string::npos);
}

TEST_F(OddSalvageTest, without_a_world_row_no_table_is_vouched_for) {
    make({positions()}, row_range(1, 3));
    meddle("DELETE FROM _perdure_world");
    EXPECT_EQ(read(positions()).rows, 3U);
    EXPECT_FALSE(knows_);
    meddle("DROP TABLE _perdure_world");
    EXPECT_EQ(read(positions()).rows, 3U);
    EXPECT_FALSE(knows_);
}

TEST_F(OddSalvageTest, what_cannot_be_opened_or_is_newer_is_refused) {
    EXPECT_EQ(Salvage::open(io::PosixFileSystem(), path()).status().code(), Code::not_found);
    make({positions()}, row_range(1, 3));
    meddle("PRAGMA user_version = 2");
    EXPECT_EQ(Salvage::open(io::PosixFileSystem(), path()).status().code(), Code::unsupported);
}

TEST_F(OddSalvageTest, a_failure_of_the_taker_is_the_answer_wherever_it_comes) {
    make({positions()}, row_range(1, 9000));
    spoil_leaf("position", 20);
    spoil_leaf("position", 22);  // near enough to be found by halves
    spoil_leaf("position", 30);  // far enough to be found by steps that double
    for (int given = 0;; ++given) {
        auto salvage = Salvage::open(io::PosixFileSystem(), path());
        int left = given;
        const auto report = (*salvage)->read(positions(), [&](Batch&&) -> Status {
            return left-- > 0 ? Status() : error(Code::no_space, "enough");
        });
        if (report.ok()) {
            EXPECT_GE(given, 4);
            break;
        }
        ASSERT_EQ(report.status().code(), Code::no_space);
    }
}

TEST(SalvagePosition, is_where_sql_orders_the_key) {
    const auto position = [](ColumnKind kind, const Value& value) {
        const TableDefinition table = table_of(1, "t", 1, {{"k", of(kind)}});
        return *sqlite::salvage_position(test::batch_of(table, {{{"k", value}}}), 0);
    };
    EXPECT_EQ(position(ColumnKind::boolean, true), 1);
    EXPECT_EQ(position(ColumnKind::boolean, false), 0);
    EXPECT_EQ(position(ColumnKind::i8, -8), -8);
    EXPECT_EQ(position(ColumnKind::i16, -16), -16);
    EXPECT_EQ(position(ColumnKind::i32, -32), -32);
    EXPECT_EQ(position(ColumnKind::i64, -64), -64);
    EXPECT_EQ(position(ColumnKind::u8, 8), 8);
    EXPECT_EQ(position(ColumnKind::u16, 16), 16);
    EXPECT_EQ(position(ColumnKind::u32, 32), 32);
    EXPECT_EQ(position(ColumnKind::id, 64), 64);
    EXPECT_LT(position(ColumnKind::u64, std::uint64_t{1}), 0);
    EXPECT_EQ(sqlite::salvage_key_text(positions(), -3), "-3");
}

TEST_F(SalvageTest, leaves_another_programs_database_alone) {
    PlainSqlite(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).ask("CREATE TABLE t (a)");
    EXPECT_EQ(Salvage::open(files_, path()).status().code(), Code::invalid);
}

}  // namespace
}  // namespace perdure::store
