#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class SqliteStoreTest : public SqliteTest {};

TEST_F(SqliteStoreTest, other_programs_read_tables_with_real_columns) {
    World world = open();
    const TableDefinition everything = test::everything();
    ASSERT_OK(world.define(everything));
    ASSERT_OK(world.define(trades()));
    ASSERT_OK(world.upsert(everything, {{{"id", 5},
                                         {"c_bool", true},
                                         {"c_i8", -8},
                                         {"c_u64", ~std::uint64_t{0}},
                                         {"c_f32", 0.5F},
                                         {"c_text", "it's"},
                                         {"c_json", Json{"{}"}},
                                         {"c_bytes", Bytes(2, std::byte{0xAB})},
                                         {"n_f64", -0.0}}}));
    ASSERT_OK(world.upsert(trades(), {{{"tick", 7}, {"seq", 1}, {"amount", -5}}}));
    PlainSqlite plain(path());
    EXPECT_EQ(plain.ask("SELECT c_bool, c_i8, c_u64, c_f32, c_text, c_json, "
                        "hex(c_bytes), n_i32, n_f64"
                        " FROM everything"),
              "1|-8|-1|0.5|it's|{}|ABAB|NULL|0.0");
    EXPECT_EQ(plain.ask("SELECT typeof(c_bool), typeof(c_f32), typeof(c_text), "
                        "typeof(c_uuid), typeof(_exact)"
                        " FROM everything"),
              "integer|real|text|blob|blob");
    EXPECT_EQ(plain.ask("SELECT tick + 9223372036854775807 + 1, seq, amount FROM trades"),
              "7|1|-5");
    EXPECT_EQ(plain.ask("SELECT id + 9223372036854775807 + 1 FROM everything"), "5");
    EXPECT_EQ(plain.ask("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteStoreTest, our_own_tables_are_readable) {
    World world = open();
    ASSERT_OK(world.define(trades()));
    PlainSqlite plain(path());
    EXPECT_EQ(plain.ask("SELECT hex(uuid), owner_epoch, epoch, lsn, tick, "
                        "definitions FROM _perdure_world"),
              "0102030405060708090A0B0C0D0E0F10|1|1|1|NULL|1");
    EXPECT_EQ(plain.ask("SELECT table_id, version, name, category, append_only, "
                        "resident, key, columns, lsn"
                        " FROM _perdure_catalog"),
              "3|1|trades|world|1|0|tick u64 #1, seq u32 #2|amount i64 #3|1");
    EXPECT_EQ(plain.ask("SELECT lower(hex(chain)) FROM _perdure_world"),
              world.store().watermarks()->visible.chain.hex());
}

TEST_F(SqliteStoreTest, the_file_has_the_settings_of_its_format) {
    World world = open();
    PlainSqlite plain(path());
    EXPECT_EQ(plain.ask("PRAGMA application_id"), text::format("{}", sqlite::application_id));
    EXPECT_EQ(plain.ask("PRAGMA user_version"), "1");
    EXPECT_EQ(plain.ask("PRAGMA page_size"), text::format("{}", sqlite::page_bytes));
    EXPECT_EQ(plain.ask("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(plain.ask("PRAGMA encoding"), "UTF-8");
}

TEST_F(SqliteStoreTest, each_kind_of_key_gets_its_form_of_table) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.define(named_values()));
    ASSERT_OK(world.define(trades()));
    PlainSqlite plain(path());
    const auto sql = [&](const std::string& name) {
        return plain.ask("SELECT sql FROM sqlite_schema WHERE name = '" + name + "'");
    };
    EXPECT_EQ(sql("position"),
              "CREATE TABLE \"position\" (\"id\" INTEGER "
              "PRIMARY KEY, \"x\" REAL, \"y\" REAL, "
              "_exact BLOB) STRICT");
    EXPECT_EQ(sql("named"),
              "CREATE TABLE \"named\" (\"collection\" TEXT NOT NULL, \"name\" TEXT NOT "
              "NULL, "
              "\"content\" BLOB"
              " NOT NULL DEFAULT X'', PRIMARY KEY (\"collection\", \"name\")) STRICT");
    EXPECT_EQ(sql("trades"),
              "CREATE TABLE \"trades\" (\"tick\" INTEGER NOT "
              "NULL, \"seq\" INTEGER NOT NULL, "
              "\"amount\" INTEGER"
              " NOT NULL DEFAULT 0, PRIMARY KEY (\"tick\", "
              "\"seq\")) STRICT, WITHOUT ROWID");
}

TEST_F(SqliteStoreTest, scans_and_look_ups_go_by_the_key) {
    World world = open();
    PlainSqlite plain(path());
    for (const TableDefinition& table : {positions(), named_values(), trades()}) {
        ASSERT_OK(world.define(table));
        const std::string plan =
            plain.ask("EXPLAIN QUERY PLAN " + sqlite::scan_rows(table, table, true));
        EXPECT_NE(plan.find("SEARCH"), std::string::npos) << plan;
        EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
        if (table.key_columns == 2) {
            EXPECT_NE(plan.find(","), std::string::npos) << plan;
        }
    }
}

TEST_F(SqliteStoreTest, a_closed_store_is_one_file) {
    {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 1000)));
        EXPECT_TRUE(std::filesystem::exists(log_path()));
    }
    EXPECT_FALSE(std::filesystem::exists(log_path()));
    World world = open();
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
    EXPECT_EQ(world.count(positions()), 1000U);
}

TEST_F(SqliteStoreTest, a_missing_file_is_not_made_unless_asked_for) {
    SqliteStoreOptions looking = options();
    looking.create = false;
    expect_refused(SqliteStore::open(looking).status(), Code::not_found, {"store.sqlite"});
    EXPECT_FALSE(std::filesystem::exists(path()));
}

// A power failure while the file was being made, and another one while SQLite rolled that back: the
// file is empty, and the log, which was removed, is there again with nothing but its header.
TEST_F(SqliteStoreTest, a_log_without_frames_beside_an_empty_file_does_not_miss_its_store) {
    std::string log;
    {
        World world = open();
        ASSERT_OK(world.define(positions()));
        log = file_bytes(log_path());
    }
    ASSERT_GT(log.size(), sqlite::wal_header_bytes + sqlite::frame_bytes);
    overwrite(path(), "");
    overwrite(log_path(), log);
    expect_refused(refused(), Code::corrupt, {"the store was taken away"});
    for (const std::size_t left : {std::size_t{7}, std::size_t{sqlite::wal_header_bytes}}) {
        overwrite(path(), "");
        overwrite(log_path(), log.substr(0, left));
        World world = open();
        EXPECT_OK(world.define(positions()));
    }
}

TEST_F(SqliteStoreTest, a_database_of_another_program_is_left_alone) {
    PlainSqlite(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        .ask("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    const std::string before = file_bytes(path());
    expect_refused(refused(), Code::invalid, {"store.sqlite", "another program"});
    EXPECT_EQ(file_bytes(path()), before);
    EXPECT_FALSE(std::filesystem::exists(log_path()));
}

TEST_F(SqliteStoreTest, a_file_that_is_no_database_is_corrupt) {
    overwrite(path(), std::string(10'000, 'x'));
    expect_refused(refused(), Code::corrupt, {"store.sqlite"});
    EXPECT_EQ(file_bytes(path()), std::string(10'000, 'x'));
}

TEST_F(SqliteStoreTest, a_newer_format_is_refused_and_not_changed) {
    { open(); }
    {
        const auto vfs = *sqlite::ChecksumVfs::make("unix");
        auto newer = *sqlite::Connection::open({.path = path(), .vfs = vfs->name(), .write = true});
        ASSERT_OK(newer.run("PRAGMA journal_mode = DELETE; PRAGMA user_version = 2"));
    }
    const std::string before = file_bytes(path());
    expect_refused(refused(), Code::unsupported, {"format 2", "newer"});
    EXPECT_EQ(file_bytes(path()), before);
}

TEST_F(SqliteStoreTest, another_worlds_store_is_refused) {
    { open(); }
    SqliteStoreOptions other = options();
    other.world.bytes[0] = std::byte{0xFF};
    expect_refused(SqliteStore::open(other).status(), Code::conflict,
                   {"01020304-0506-0708-090a-0b0c0d0e0f10", "ff020304"});
}

TEST_F(SqliteStoreTest, a_foreign_write_is_noticed_and_nothing_more_is_written) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    EXPECT_EQ(
        PlainSqlite(path(), SQLITE_OPEN_READWRITE).ask("UPDATE position SET x = 9 WHERE id = 2"),
        "");
    expect_refused(world.upsert(positions(), row_range(4, 4)), Code::conflict, {"another program"});
    expect_refused(world.upsert(positions(), row_range(4, 4)), Code::conflict, {"another program"});
    EXPECT_EQ(world.store().watermarks()->visible.lsn, 2U);
    EXPECT_EQ(world.count(positions()), 3U);
}

TEST_F(SqliteStoreTest, foreign_readers_are_no_foreign_writers) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    for (std::int64_t id = 1; id < 20; ++id) {
        ASSERT_OK(world.upsert(positions(), row_range(id, id)));
        EXPECT_EQ(PlainSqlite(path()).ask("SELECT count(*) FROM position"), text::format("{}", id));
        ASSERT_TRUE(world.store().checkpoint_step().ok());
    }
}

TEST_F(SqliteStoreTest, a_foreign_lock_is_busy_and_passes) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    PlainSqlite plain(path(), SQLITE_OPEN_READWRITE);
    plain.ask("BEGIN IMMEDIATE");
    expect_refused(world.upsert(positions(), row_range(1, 1)), Code::busy, {"store.sqlite"});
    plain.ask("ROLLBACK");
    EXPECT_OK(world.upsert(positions(), row_range(1, 1)));
}

TEST_F(SqliteStoreTest, a_snapshot_holds_up_the_safe_watermark_until_it_goes) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    auto snapshot = world.snapshot();
    ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, 0U);
    snapshot.reset();
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
}

TEST_F(SqliteStoreTest, a_forgotten_snapshot_cannot_hold_up_checkpoints_for_ever) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    const auto snapshot = world.snapshot();
    ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    world.clock().advance_ns(snapshot_age_ns_max + 1);
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
    EXPECT_EQ(snapshot->count(positions()).status().code(), Code::expired);
}

TEST_F(SqliteStoreTest, the_safe_watermark_is_remembered_beside_a_log) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    std::filesystem::copy_file(path(), path() + ".copy");
    std::filesystem::copy_file(log_path(), path() + ".copy-wal");
    SqliteStoreOptions copied = options();
    copied.path += ".copy";
    World copy = open(copied);
    EXPECT_EQ(copy.store().watermarks()->visible.lsn, 2U);
    EXPECT_EQ(copy.store().watermarks()->safe, 1U);
}

TEST_F(SqliteStoreTest, the_log_does_not_grow_without_end) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    std::uint64_t largest = 0;
    for (int round = 0; round < 40; ++round) {
        ASSERT_OK(world.upsert(positions(), row_range(1, 5000, static_cast<float>(round))));
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        largest = std::max<std::uint64_t>(largest, std::filesystem::file_size(log_path()));
    }
    EXPECT_LT(largest, 1'000'000U);
}

TEST_F(SqliteStoreTest, a_full_store_refuses_and_takes_again_when_there_is_space) {
    SqliteStoreOptions small = options();
    small.pages_max = 60;
    World world = open(small);
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"collection", "a"}, {"name", "small"}}}));
    const std::vector<Row> large{
        {{"collection", "a"}, {"name", "large"}, {"content", Bytes(1 << 20)}}};
    expect_refused(world.upsert(table, large), Code::no_space, {"store.sqlite"});
    EXPECT_EQ(keys_text(world.all(table)), "a/small");
    EXPECT_EQ(world.store().watermarks()->visible.lsn, 2U);
    EXPECT_OK(world.upsert(table, {{{"collection", "b"}, {"name", "small"}}}));
    EXPECT_EQ(keys_text(world.all(table)), "a/small b/small");
}

TEST_F(SqliteStoreTest, views_join_by_key_and_follow_their_tables) {
    World world = open();
    const TableDefinition entity =
        table_of(1, "entity", 1, {{"id", of(ColumnKind::id)}, {"kind", of(ColumnKind::u8)}});
    const TableDefinition position =
        table_of(2, "Position", 1, {{"entity", of(ColumnKind::id)}, {"x", of(ColumnKind::f32)}});
    const TableDefinition frozen = table_of(3, "Frozen", 1, {{"entity", of(ColumnKind::id)}});
    for (const TableDefinition& table : {entity, position, frozen}) ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(entity, {{{"id", 1}}, {{"id", 2}, {"kind", 7}}}));
    ASSERT_OK(world.upsert(position, {{{"entity", 2}, {"x", 1.5F}}}));
    ASSERT_OK(world.upsert(frozen, {{{"entity", 1}}}));
    PlainSqlite plain(path());

    const View both{"entities", &entity, {&position, &frozen}};
    ASSERT_OK(world.store().declare_views(world.fence(), std::span(&both, 1)));
    EXPECT_EQ(plain.ask("SELECT id, kind, Position_x, Frozen FROM entities ORDER BY id"),
              "1|0|NULL|1\n2|7|1.5|0");
    ASSERT_OK(world.store().declare_views(world.fence(), std::span(&both, 1)));

    const View one{"entities", &entity, {&position}};
    ASSERT_OK(world.store().declare_views(world.fence(), std::span(&one, 1)));
    EXPECT_EQ(plain.ask("SELECT * FROM entities WHERE id = 2"), "2|7|1.5");

    TableDefinition newer = position;
    newer.version = 2;
    newer.columns.pop_back();
    ASSERT_OK(world.define(newer));
    ASSERT_OK(world.store().declare_views(world.fence(), {}));
    EXPECT_EQ(plain.ask("SELECT count(*) FROM sqlite_schema WHERE type = 'view'"), "0");
}

TEST_F(SqliteStoreTest, a_view_of_too_many_tables_or_other_keys_is_refused) {
    World world = open();
    const TableDefinition base = positions();
    const TableDefinition other = named_values();
    ASSERT_OK(world.define(base));
    ASSERT_OK(world.define(other));
    const View many{"many", &base, std::vector<const TableDefinition*>(view_tables_max + 1, &base)};
    expect_refused(world.store().declare_views(world.fence(), std::span(&many, 1)), Code::invalid,
                   {"60"});
    const View mixed{"mixed", &base, {&other}};
    expect_refused(world.store().declare_views(world.fence(), std::span(&mixed, 1)), Code::invalid,
                   {"named", "position"});
    const View full{"full", &base, std::vector<const TableDefinition*>(view_tables_max, &base)};
    EXPECT_OK(world.store().declare_views(world.fence(), std::span(&full, 1)));
    EXPECT_EQ(PlainSqlite(path()).ask("SELECT count(*) FROM full"), "0");
}

TEST_F(SqliteStoreTest, two_views_of_one_name_and_views_without_a_good_one_are_refused) {
    World world = open();
    const TableDefinition base = positions();
    ASSERT_OK(world.define(base));
    const std::vector<View> twice{{"places", &base, {}}, {"places", &base, {}}};
    expect_refused(world.store().declare_views(world.fence(), twice), Code::invalid,
                   {"two views are named places"});
    const View bad{"not a name", &base, {}};
    EXPECT_FALSE(world.store().declare_views(world.fence(), std::span(&bad, 1)).ok());
}

TEST_F(SqliteStoreTest, a_large_log_is_cut_when_nobody_reads) {
    World world = open();
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    std::vector<Change> changes;
    for (int at = 0; at < 17; ++at) {
        changes.push_back(upsert_of(table, {{{"collection", "a"},
                                             {"name", text::format("{}", at)},
                                             {"content", Bytes(std::size_t{4} << 20)}}}));
    }
    ASSERT_OK(world.step(std::span<const Change>(changes)));
    EXPECT_GT(std::filesystem::file_size(log_path()), std::uint64_t{64} << 20);
    const auto reader = world.snapshot();
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
    EXPECT_GT(std::filesystem::file_size(log_path()), std::uint64_t{64} << 20);
    ASSERT_OK(world.step(std::span<const Change>(changes)));
    EXPECT_EQ(World::all(*reader, table).rows(), 17U);
}

TEST_F(SqliteStoreTest, a_large_log_is_gone_after_a_checkpoint_without_readers) {
    World world = open();
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    std::vector<Change> changes;
    for (int at = 0; at < 17; ++at) {
        changes.push_back(upsert_of(table, {{{"collection", "a"},
                                             {"name", text::format("{}", at)},
                                             {"content", Bytes(std::size_t{4} << 20)}}}));
    }
    ASSERT_OK(world.step(std::span<const Change>(changes)));
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    EXPECT_EQ(std::filesystem::file_size(log_path()), 0U);
    EXPECT_EQ(world.count(table), 17U);
}

TEST_F(SqliteStoreTest, a_throwaway_copy_takes_all_that_a_store_takes) {
    { open(); }
    SqliteStoreOptions throwaway = options();
    throwaway.throwaway = true;
    World world = open(throwaway);
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.store().take_over(5));
    world.owner_epoch = 5;
    ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    EXPECT_EQ(world.count(positions()), 3U);
}

TEST_F(SqliteStoreTest, says_what_it_is) {
    World world = open();
    const Capabilities is = world.store().capabilities();
    EXPECT_TRUE(is.sql && is.persistent);
    EXPECT_EQ(is.name, std::string("sqlite ") + sqlite3_libversion());
    EXPECT_NE(is.durability.find("WAL"), std::string::npos);
}

TEST_F(SqliteStoreTest, options_are_checked) {
    SqliteStoreOptions bad = options();
    for (const std::uint32_t mib : {0U, 4097U}) {
        bad = options();
        bad.cache_mib = mib;
        expect_refused(SqliteStore::open(bad).status(), Code::invalid, {"MiB"});
        bad = options();
        bad.reader_cache_mib = mib;
        expect_refused(SqliteStore::open(bad).status(), Code::invalid, {"MiB"});
    }
    bad = options();
    bad.path.clear();
    expect_refused(SqliteStore::open(bad).status(), Code::invalid, {"path"});
    bad = options();
    bad.base_vfs = "nowhere";
    expect_refused(SqliteStore::open(bad).status(), Code::invalid, {"nowhere"});
}

}  // namespace
}  // namespace perdure::store
