// One step of a store's life, with a fault at every place of it: it is done or refused, and the
// next one to open the store finds it as it was before or as it is after, and can do the step. Each
// step is short, so that all of its places are met in each run; FaultSweep has a whole life.
#include <functional>
#include <optional>

#include "base/error.h"
#include "model/convert.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/faulty_memory.h"
#include "store/sqlite/faulty_sql.h"
#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class StepSweep : public SqliteTest {
protected:
    // Calls it where faults may begin.
    using Arm = std::function<void()>;
    using Trial = std::function<Status(const Arm&)>;
    using Judge = std::function<void()>;
    struct Fault {
        std::string name;
        std::function<void(std::uint64_t number, bool for_ever)> fail;
        std::function<bool()> has_failed;
        std::function<void()> heal;
    };

    // What every trial begins with: what a process that was killed just now would leave.
    void keep() {
        for (const char* ending : {"", "-wal", "-mark"}) {
            if (!std::filesystem::exists(path() + ending)) continue;
            files_.emplace_back(path() + ending, file_bytes(path() + ending));
        }
    }
    void put_back() const {
        std::filesystem::remove(path());
        for (const char* ending : sqlite::companion_endings) {
            std::filesystem::remove_all(path() + ending);
        }
        for (const auto& [name, bytes] : files_) overwrite(name, bytes);
    }

    void sweep(const Trial& trial, const Judge& judge) {
        disk_.emplace();
        FaultySql sql;
        const auto of_sql = [&](FaultySql::Where where) {
            return [&sql, where](std::uint64_t number, bool for_ever) {
                sql.fail(where, number, for_ever);
            };
        };
        const auto sql_failed = [&] { return sql.has_failed(); };
        const auto sql_heal = [&] { sql.heal(); };
        sweep({"disk", [&](auto number, bool for_ever) { disk_->fail_any(number, for_ever); },
               [&] { return disk_->has_failed(); }, [&] { disk_->heal(); }},
              trial, judge);
        sweep({"prepare", of_sql(FaultySql::Where::prepare), sql_failed, sql_heal}, trial, judge);
        sweep({"run", of_sql(FaultySql::Where::run), sql_failed, sql_heal}, trial, judge);
        EXPECT_EQ(disk_->open_files(), 0);
    }
    void sweep(const Fault& fault, const Trial& trial, const Judge& judge) {
        for (const bool for_ever : {false, true}) {
            bool met = true;
            for (std::uint64_t number = 1; met && !HasFailure(); ++number) {
                SCOPED_TRACE(
                    text::format("{} {}{}", fault.name, number, for_ever ? ", for ever" : ""));
                put_back();
                const Status status = trial([&] { fault.fail(number, for_ever); });
                met = fault.has_failed();
                fault.heal();
                EXPECT_TRUE(status.ok() || met) << status.text();
                if (!status.ok()) ++refused_;
                judge();
            }
        }
    }

    SqliteStoreOptions on_faulty_disk() {
        SqliteStoreOptions faulty = options();
        faulty.base_vfs = "faulty";
        return faulty;
    }
    // The store is opened on a disk that works.
    Trial with_store(std::function<Status(World&)> step) {
        return [this, step = std::move(step)](const Arm& arm) {
            World world = open(on_faulty_disk());
            arm();
            return step(world);
        };
    }
    Trial opening(SqliteStoreOptions with) {
        return [with](const Arm& arm) {
            arm();
            return SqliteStore::open(with).status();
        };
    }
    Judge holds(std::string rows) {
        return [this, rows = std::move(rows)] { EXPECT_EQ(open().rows(positions()), rows); };
    }
    void make() {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        ASSERT_OK(world.upsert(positions(), row_range(2, 4, -0.0F)));
        rows_ = world.rows(positions());
        keep();
    }

    std::optional<FaultyMemory> memory_;  // first: SQLite is begun anew with it
    std::optional<FaultyVfs> disk_;
    std::vector<std::pair<std::string, std::string>> files_;
    std::string rows_;
    std::uint64_t refused_ = 0;
};

TEST_F(StepSweep, of_making_a_store) {
    sweep(opening(on_faulty_disk()), [&] { EXPECT_EQ(open().next().lsn, 1U); });
    EXPECT_GT(refused_, 20U);
}

TEST_F(StepSweep, of_opening_a_store) {
    make();
    sweep(opening(on_faulty_disk()), holds(rows_));
    EXPECT_GT(refused_, 20U);
}

TEST_F(StepSweep, of_opening_a_throwaway_copy_of_limited_size) {
    make();
    SqliteStoreOptions copy = on_faulty_disk();
    copy.throwaway = true;
    copy.pages_max = 1000;
    sweep(opening(copy), holds(rows_));
    EXPECT_GT(refused_, 20U);
}

TEST_F(StepSweep, of_opening_and_reading_without_memory) {
    make();
    memory_.emplace();
    sweep(
        {"memory", [&](auto number, bool for_ever) { memory_->fail(number, for_ever); },
         [&] { return memory_->has_failed(); }, [&] { memory_->heal(); }},
        [&](const Arm& arm) -> Status {
            arm();
            PERDURE_TAKE(const auto store, SqliteStore::open(options()));
            PERDURE_TAKE(const auto snapshot, store->snapshot());
            return snapshot->count(positions()).status();
        },
        holds(rows_));
    EXPECT_GT(refused_, 20U);
}

// Below a header that cannot be read lies what a checkpoint has copied: the file is compared with
// it, and the mark taken back.
TEST_F(StepSweep, of_taking_back_the_mark_of_a_torn_log) {
    {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        rows_ = world.rows(positions());
        keep();
    }
    ASSERT_EQ(files_.size(), 3U);
    files_[1].second.replace(10, 12, std::string(12, '\x5a'));
    sweep(opening(on_faulty_disk()), holds(rows_));
    EXPECT_GT(refused_, 20U);
}

TEST_F(StepSweep, of_opening_a_log_whose_file_was_taken_away) {
    make();
    files_.erase(files_.begin());
    sweep(
        [&](const Arm& arm) -> Status {
            arm();
            const Status status = SqliteStore::open(on_faulty_disk()).status();
            EXPECT_FALSE(status.ok());
            return status.code() == Code::corrupt ? Status() : status;
        },
        [&] { EXPECT_EQ(file_bytes(log_path()), files_[0].second); });
    EXPECT_GT(refused_, 3U);
}

TEST_F(StepSweep, of_reading_in_every_way) {
    make();
    sweep(with_store([&](World& world) -> Status {
              const TableDefinition table = positions();
              const Batch keys = test::batch_of(table, {{{"id", 2}}}, Operation::erase);
              PERDURE_TAKE(const auto snapshot, world.store().snapshot());
              PERDURE_TAKE(const Batch found, snapshot->find(table, keys));
              PERDURE_TAKE(const Batch last, snapshot->last(table));
              PERDURE_TAKE(const Batch all, snapshot->scan(table, nullptr, 0, every_row));
              PERDURE_TAKE(const Batch rest, snapshot->scan(table, &all, 0, every_row));
              PERDURE_TAKE(const std::uint64_t count, snapshot->count(table));
              EXPECT_EQ(rows_text(all), rows_);
              EXPECT_EQ(count, rest.rows() + found.rows());
              EXPECT_EQ(keys_text(last), "4");
              return {};
          }),
          holds(rows_));
    EXPECT_GT(refused_, 20U);
}

// A transaction that cannot be ended ends with its connection.
TEST_F(StepSweep, of_ending_snapshots_that_are_too_old) {
    make();
    sweep(
        [&](const Arm& arm) {
            World world = open(on_faulty_disk());
            const auto snapshot = world.snapshot();
            world.clock().advance_ns(snapshot_age_ns_max + 1);
            arm();
            const Status status = world.store().checkpoint_step().status();
            EXPECT_EQ(snapshot->count(positions()).status().code(), Code::expired);
            return status;
        },
        holds(rows_));
    EXPECT_GT(refused_, 3U);
}

class ChangedTableSweep : public StepSweep {
protected:
    // A column goes, and one that was only there for a conversion; one changes its name and one its
    // type, one may be null from now on, and new ones come with defaults of each kind.
    void SetUp() override {
        from_ = table_of(1, "spot", 1,
                         {{"id", of(ColumnKind::id)},
                          {"x", of(ColumnKind::f32)},
                          {"gone", of(ColumnKind::text)},
                          {"count", of(ColumnKind::i16)},
                          {"named", of(ColumnKind::i32)},
                          {"words", of(ColumnKind::text)},
                          {"_converting_7", of(ColumnKind::i32)}});
        to_ = from_;
        to_.version = 2;
        to_.columns[3].type = of(ColumnKind::i64);
        to_.columns[4].name = "renamed";
        to_.columns[5].nullable = true;
        to_.columns.pop_back();
        to_.columns.erase(to_.columns.begin() + 2);
        add({"tenth", 0, of(ColumnKind::f64), false, 0.1});
        add({"number", 0, of(ColumnKind::i32), true, 7});
        add({"warm", 0, of(ColumnKind::f32), true, 0.5F});
        add({"note", 0, of(ColumnKind::text), true, "it's"});
        World world = open();
        ASSERT_OK(world.define(from_));
        ASSERT_OK(world.upsert(from_, rows()));
        const View view{"places", &from_, {}};
        ASSERT_OK(world.store().declare_views(world.fence(), std::span(&view, 1)));
    }
    void add(Column column) {
        column.number = to_.next_column_number++;
        to_.columns.push_back(std::move(column));
    }
    static std::vector<Row> rows() {
        return {{{"id", 1}, {"x", 1.5F}, {"gone", "a"}, {"count", 3}, {"words", "w"}},
                {{"id", 2}, {"x", -0.0F}, {"named", 9}}};
    }
    [[nodiscard]] std::string changed() const {
        return rows_text(*convert(test::batch_of(from_, rows()), to_));
    }
    std::string columns_like(const std::string& name) {
        return PlainSqlite(path()).ask(
            text::format("SELECT name FROM pragma_table_info('spot') WHERE name LIKE '{}'", name));
    }
    void keep_changed() {
        World world = open();
        ASSERT_OK(world.define(to_));
        keep();
    }

    TableDefinition from_;
    TableDefinition to_;
};

TEST_F(ChangedTableSweep, of_changing_a_table) {
    {
        World world = open();
        keep();
    }
    sweep(with_store([&](World& world) { return world.define(to_); }), [&] {
        World world = open();
        ASSERT_OK(world.define(to_));
        EXPECT_EQ(world.rows(to_), changed());
        EXPECT_EQ(columns_like("_removed%"), "_removed_3_gone");
        EXPECT_EQ(columns_like("_converting%"), "");
    });
    EXPECT_GT(refused_, 20U);
}

TEST_F(ChangedTableSweep, of_dropping_what_a_removed_column_holds) {
    keep_changed();
    const std::uint16_t gone = from_.columns[2].number;
    const auto drop = [&](World& world) {
        return world.store().drop_removed(world.fence(), to_, std::span(&gone, 1));
    };
    sweep(with_store(drop), [&] {
        World world = open();
        ASSERT_OK(drop(world));
        EXPECT_EQ(world.rows(to_), changed());
        EXPECT_EQ(columns_like("_removed%"), "");
    });
    EXPECT_GT(refused_, 10U);
}

TEST_F(ChangedTableSweep, of_declaring_views) {
    keep_changed();
    const std::vector<View> views{{"spots", &to_, {}}, {"twice", &to_, {&to_}}};
    const auto declare = [&](World& world) {
        return world.store().declare_views(world.fence(), views);
    };
    sweep(with_store(declare), [&] {
        World world = open();
        ASSERT_OK(declare(world));
        EXPECT_EQ(PlainSqlite(path()).ask("SELECT renamed, spot_note FROM twice"),
                  "0|it's\n9|it's");
    });
    EXPECT_GT(refused_, 10U);
}

TEST_F(ChangedTableSweep, of_rows_of_an_older_version) {
    keep_changed();
    const auto change = [&](World& world) {
        return world.upsert(from_, {{{"id", 1}, {"x", 7.0F}, {"named", 8}}});
    };
    sweep(with_store(change), [&] {
        World world = open();
        ASSERT_OK(change(world));
        EXPECT_NE(world.rows(to_).find("x=7 count=0 renamed=8 "), std::string::npos)
            << world.rows(to_);
    });
    EXPECT_GT(refused_, 3U);
}

}  // namespace
}  // namespace perdure::store
