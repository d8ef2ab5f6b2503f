#include "store/sqlite/salvage.h"

#include <set>

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

TEST_F(SalvageTest, leaves_another_programs_database_alone) {
    PlainSqlite(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).ask("CREATE TABLE t (a)");
    EXPECT_EQ(Salvage::open(files_, path()).status().code(), Code::invalid);
}

}  // namespace
}  // namespace perdure::store
