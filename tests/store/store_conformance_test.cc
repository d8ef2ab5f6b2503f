// What every store does, the same way: rows, order, fences, snapshots.
#include "store/language.h"

namespace perdure::store {
namespace {

class StoreConformance : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, every_backend(), backend_name);

std::vector<Row> row_range(std::int64_t first, std::int64_t last) {
    std::vector<Row> rows;
    for (std::int64_t id = first; id <= last; ++id) {
        rows.push_back({{"id", id}, {"x", static_cast<float>(id)}, {"y", 0.5F}});
    }
    return rows;
}

TEST_P(StoreConformance, a_new_store_is_at_the_beginning_and_knows_no_tables) {
    EXPECT_EQ(world.store().watermarks()->visible, Watermark());
    EXPECT_EQ(world.store().watermarks()->safe, 0U);
    EXPECT_TRUE(world.store().definitions()->empty());
}

TEST_P(StoreConformance, upserted_rows_are_read_in_key_order) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"id", 7}, {"x", 1.5F}}, {{"id", 9}, {"y", -2.0F}}}));
    ASSERT_OK(world.upsert(table, {{{"id", 3}}, {{"id", 8}}}));
    EXPECT_EQ(world.rows(table), "id=3 x=0 y=0 | id=7 x=1.5 y=0 | id=8 x=0 y=0 | id=9 x=0 y=-2");
}

TEST_P(StoreConformance, an_upsert_replaces_the_whole_row) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"id", 1}, {"x", 1.0F}, {"y", 1.0F}}}));
    ASSERT_OK(world.upsert(table, {{{"id", 1}, {"y", 2.0F}}}));
    EXPECT_EQ(world.rows(table), "id=1 x=0 y=2");
}

TEST_P(StoreConformance, a_change_erases_and_upserts_several_batches_of_several_tables) {
    const TableDefinition position = positions();
    const TableDefinition named = named_values();
    ASSERT_OK(world.define(position));
    ASSERT_OK(world.define(named));
    ASSERT_OK(world.upsert(position, row_range(1, 5)));
    std::vector<Change> changes;
    changes.push_back(erase_of(position, {{{"id", 2}}, {{"id", 4}}, {{"id", 99}}}));
    changes.back().upserted.push_back(test::batch_of(position, row_range(6, 6)));
    changes.back().upserted.push_back(test::batch_of(position, {}));
    changes.back().upserted.push_back(test::batch_of(position, row_range(8, 9)));
    changes.push_back(upsert_of(named, {{{"collection", "a"}, {"name", "b"}}}));
    ASSERT_OK(world.step(std::span<const Change>(changes)));
    EXPECT_EQ(keys_text(world.all(position)), "1 3 5 6 8 9");
    EXPECT_EQ(keys_text(world.all(named)), "a/b");
}

TEST_P(StoreConformance, an_apply_without_changes_moves_the_watermark_only) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 1)));
    ASSERT_OK(world.step(std::span<const Change>()));
    EXPECT_EQ(world.store().watermarks()->visible.lsn, 3U);
    EXPECT_EQ(world.count(table), 1U);
}

TEST_P(StoreConformance, find_answers_in_key_order_what_exists_once) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 50)));
    EXPECT_EQ(
        world.found(table, {{{"id", 44}}, {{"id", 2}}, {{"id", 99}}, {{"id", 44}}, {{"id", 3}}}),
        "id=2 x=2 y=0.5 | id=3 x=3 y=0.5 | id=44 x=44 y=0.5");
    EXPECT_EQ(world.found(table, {}), "");
}

TEST_P(StoreConformance, scan_resumes_after_any_key_and_stops_at_the_limit) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 10)));
    const auto snapshot = world.snapshot();
    const Batch first = *snapshot->scan(table, nullptr, 0, 4);
    EXPECT_EQ(keys_text(first), "1 2 3 4");
    EXPECT_EQ(keys_text(*snapshot->scan(table, &first, 3, 4)), "5 6 7 8");
    EXPECT_EQ(keys_text(*snapshot->scan(table, &first, 1, 2)), "3 4");
    const Batch absent = test::batch_of(table, {{{"id", 0}}, {{"id", 900}}}, Operation::erase);
    EXPECT_EQ(keys_text(*snapshot->scan(table, &absent, 0, 2)), "1 2");
    EXPECT_EQ(keys_text(*snapshot->scan(table, &absent, 1, 2)), "");
    EXPECT_EQ(keys_text(*snapshot->scan(table, nullptr, 0, 0)), "");
}

TEST_P(StoreConformance, scan_pages_through_composite_keys) {
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"collection", "a"}, {"name", "x"}},
                                   {{"collection", "a"}, {"name", "y"}},
                                   {{"collection", "b"}, {"name", ""}},
                                   {{"collection", "b"}, {"name", "a"}}}));
    const auto snapshot = world.snapshot();
    std::string pages;
    Batch page = *snapshot->scan(table, nullptr, 0, 1);
    while (page.rows() > 0) {
        pages += keys_text(page) + ";";
        page = *snapshot->scan(table, &page, 0, 1);
    }
    EXPECT_EQ(pages, "a/x;a/y;b/;b/a;");
}

TEST_P(StoreConformance, last_is_the_row_with_the_greatest_key) {
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    EXPECT_EQ(world.snapshot()->last(table)->rows(), 0U);
    ASSERT_OK(world.upsert(
        table, {{{"collection", "a"}, {"name", "z"}}, {{"collection", "b"}, {"name", "a"}}}));
    EXPECT_EQ(keys_text(*world.snapshot()->last(table)), "b/a");
}

TEST_P(StoreConformance, a_table_of_keys_only_keeps_its_rows) {
    const TableDefinition tag = table_of(5, "frozen", 1, {{"id", of(ColumnKind::id)}});
    const TableDefinition edge =
        table_of(6, "edge", 2, {{"from", of(ColumnKind::id)}, {"to", of(ColumnKind::text)}});
    ASSERT_OK(world.define(tag));
    ASSERT_OK(world.define(edge));
    ASSERT_OK(world.upsert(tag, {{{"id", 1}}, {{"id", 2}}}));
    ASSERT_OK(world.upsert(tag, {{{"id", 2}}, {{"id", 3}}}));
    ASSERT_OK(world.upsert(edge, {{{"from", 1}, {"to", "b"}}}));
    ASSERT_OK(world.upsert(edge, {{{"from", 1}, {"to", "b"}}}));
    EXPECT_EQ(keys_text(world.all(tag)), "1 2 3");
    EXPECT_EQ(keys_text(world.all(edge)), "1/b");
}

TEST_P(StoreConformance, the_watermark_is_kept_whole) {
    Watermark after;
    after.epoch = 3;
    after.lsn = 12;
    after.chain = {0x1122334455667788, 0x99AABBCCDDEEFF00};
    after.tick = 0xFFFF'FFFF'FFFF'FFFE;
    after.tick_content = {1, 0xF000000000000000};
    ASSERT_OK(world.store().apply({1, {}}, after, std::span<const Change>()));
    EXPECT_EQ(world.store().watermarks()->visible, after);
    EXPECT_EQ(world.snapshot()->watermark(), after);
    world.reopen();
    EXPECT_EQ(world.store().watermarks()->visible, after);
    EXPECT_EQ(world.snapshot()->watermark(), after);
}

TEST_P(StoreConformance, rows_and_definitions_survive_reopening) {
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"collection", "a"}, {"name", "b"}, {"content", Bytes(3)}}}));
    const std::string before = world.rows(table);
    world.reopen();
    EXPECT_EQ(world.rows(table), before);
    EXPECT_EQ(*world.store().definitions(), std::vector{table});
    ASSERT_OK(world.upsert(table, {{{"collection", "c"}, {"name", "d"}}}));
    EXPECT_EQ(keys_text(world.all(table)), "a/b c/d");
}

TEST_P(StoreConformance, a_fence_that_does_not_match_changes_nothing) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 1)));
    const Change change = upsert_of(table, row_range(2, 2));
    const std::span<const Change> changes(&change, 1);
    const auto refused = [&](auto change_expected, std::initializer_list<std::string_view> words) {
        Fence fence = world.fence();
        change_expected(fence);
        Watermark after = fence.expected;
        ++after.lsn;
        expect_refused(world.store().apply(fence, after, changes), Code::conflict, words);
        expect_refused(world.store().empty(fence, std::array{&table}), Code::conflict, words);
    };
    refused([](Fence& fence) { --fence.expected.lsn; }, {"LSN 2", "LSN 1"});
    refused([](Fence& fence) { ++fence.expected.epoch; }, {"epoch 1", "epoch 2"});
    refused([](Fence& fence) { ++fence.expected.chain.low; }, {"chain", "LSN 2"});
    refused([](Fence& fence) { ++fence.expected.chain.high; }, {"chain"});
    EXPECT_EQ(keys_text(world.all(table)), "1");
    EXPECT_EQ(world.store().watermarks()->visible, world.fence().expected);
}

TEST_P(StoreConformance, an_older_owner_is_refused_after_a_take_over) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.store().take_over(7));
    expect_refused(world.upsert(table, row_range(1, 1)), Code::conflict, {"epoch 7", "epoch 1"});
    expect_refused(world.store().take_over(7), Code::conflict, {"epoch 7"});
    expect_refused(world.store().take_over(6), Code::conflict, {"epoch 6"});
    world.reopen();
    expect_refused(world.upsert(table, row_range(1, 1)), Code::conflict, {"epoch 7"});
    world.owner_epoch = 7;
    EXPECT_OK(world.upsert(table, row_range(1, 1)));
    world.owner_epoch = 8;
    EXPECT_OK(world.upsert(table, row_range(2, 2)));
    world.owner_epoch = 7;
    expect_refused(world.upsert(table, row_range(3, 3)), Code::conflict, {"epoch 8"});
}

TEST_P(StoreConformance, append_only_rows_are_added_and_never_written_twice) {
    const TableDefinition table = trades();
    ASSERT_OK(world.define(table));
    ASSERT_OK(
        world.upsert(table, {{{"tick", 1}, {"seq", 1}, {"amount", 5}}, {{"tick", 1}, {"seq", 2}}}));
    ASSERT_OK(world.upsert(table, {{{"tick", 2}, {"seq", 1}, {"amount", -5}}}));
    const std::string before = world.rows(table);
    expect_refused(world.upsert(table, {{{"tick", 3}, {"seq", 1}}, {{"tick", 1}, {"seq", 2}}}),
                   Code::conflict, {"trades", "tick=1", "seq=2"});
    EXPECT_EQ(world.rows(table), before);
    EXPECT_OK(world.upsert(table, {{{"tick", 3}, {"seq", 1}}}));
    EXPECT_EQ(keys_text(world.all(table)), "1/1 1/2 2/1 3/1");
}

TEST_P(StoreConformance, empty_removes_rows_and_leaves_the_watermark) {
    const TableDefinition position = positions();
    const TableDefinition named = named_values();
    ASSERT_OK(world.define(position));
    ASSERT_OK(world.define(named));
    ASSERT_OK(world.upsert(position, row_range(1, 20)));
    ASSERT_OK(world.upsert(named, {{{"collection", "a"}, {"name", "b"}}}));
    ASSERT_OK(world.store().empty(world.fence(), std::array{&position}));
    EXPECT_EQ(world.count(position), 0U);
    EXPECT_EQ(world.count(named), 1U);
    EXPECT_EQ(world.store().watermarks()->visible, world.fence().expected);
    EXPECT_OK(world.upsert(position, row_range(3, 3)));
}

TEST_P(StoreConformance, a_snapshot_does_not_see_what_comes_after_it) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 3)));
    const auto before = world.snapshot();
    ASSERT_OK(world.upsert(table, row_range(2, 5)));
    ASSERT_OK(world.erase(table, {{{"id", 1}}}));
    const auto after = world.snapshot();
    ASSERT_OK(world.store().empty(world.fence(), std::array{&table}));
    EXPECT_EQ(keys_text(World::all(*before, table)), "1 2 3");
    EXPECT_EQ(before->watermark().lsn, 2U);
    EXPECT_EQ(*before->count(table), 3U);
    EXPECT_EQ(keys_text(World::all(*after, table)), "2 3 4 5");
    EXPECT_EQ(after->watermark().lsn, 4U);
    EXPECT_EQ(world.count(table), 0U);
}

TEST_P(StoreConformance, a_table_that_the_snapshot_does_not_know_has_no_rows) {
    const TableDefinition table = positions();
    const auto before = world.snapshot();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 3)));
    EXPECT_EQ(World::all(*before, table).rows(), 0U);
    EXPECT_EQ(*before->count(table), 0U);
    EXPECT_EQ(before->last(table)->rows(), 0U);
    EXPECT_EQ(before->find(table, test::batch_of(table, {{{"id", 1}}}, Operation::erase))->rows(),
              0U);
}

TEST_P(StoreConformance, a_snapshot_that_is_held_too_long_expires) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    const auto snapshot = world.snapshot();
    world.clock().advance_ns(snapshot_age_ns_max);
    EXPECT_TRUE(snapshot->count(table).ok());
    world.clock().advance_ns(1);
    expect_refused(snapshot->count(table).status(), Code::expired, {"LSN 1", "30 s"});
    expect_refused(snapshot->scan(table, nullptr, 0, 1).status(), Code::expired, {});
    expect_refused(snapshot->last(table).status(), Code::expired, {});
    EXPECT_EQ(snapshot->watermark().lsn, 1U);
    EXPECT_EQ(world.count(table), 0U);
}

TEST_P(StoreConformance, one_snapshot_too_many_is_busy_until_another_goes) {
    std::vector<std::unique_ptr<Snapshot>> open;
    for (std::size_t count = 0; count < snapshots_open_max; ++count)
        open.push_back(world.snapshot());
    expect_refused(world.store().snapshot().status(), Code::busy, {"16"});
    open.pop_back();
    EXPECT_TRUE(world.store().snapshot().ok());
}

TEST_P(StoreConformance, a_checkpoint_makes_what_is_visible_safe) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 3)));
    EXPECT_EQ(world.store().watermarks()->safe, 0U);
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
    ASSERT_OK(world.upsert(table, row_range(4, 4)));
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, 3U);
    EXPECT_EQ(world.count(table), 4U);
}

TEST_P(StoreConformance, rows_of_unknown_tables_and_versions_are_refused) {
    const TableDefinition table = positions();
    expect_refused(world.upsert(table, row_range(1, 1)), Code::incompatible, {"position", "id 1"});
    ASSERT_OK(world.define(table));
    TableDefinition newer = table;
    newer.version = 2;
    expect_refused(world.upsert(newer, row_range(1, 1)), Code::incompatible, {"version 2"});
    EXPECT_EQ(world.store().watermarks()->visible.lsn, 1U);
}

TEST_P(StoreConformance, one_unknown_batch_or_table_refuses_all_of_it) {
    const TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, row_range(1, 2)));
    TableDefinition newer = table;
    newer.version = 2;
    Change change = upsert_of(table, row_range(3, 3));
    change.upserted.push_back(test::batch_of(newer, row_range(4, 4)));
    expect_refused(world.apply(change), Code::incompatible, {"version 2"});
    const TableDefinition unknown = named_values();
    const TableDefinition* const both[] = {&table, &unknown};
    expect_refused(world.store().empty(world.fence(), both), Code::incompatible, {"named"});
    EXPECT_EQ(world.count(table), 2U);
}

TEST_P(StoreConformance, a_key_twice_in_one_append_is_refused) {
    const TableDefinition table = trades();
    ASSERT_OK(world.define(table));
    const Row row{{"tick", std::uint64_t{1}}, {"seq", 1}, {"amount", 5}};
    expect_refused(world.upsert(table, {row, row}), Code::conflict, {"trades", "written once"});
    EXPECT_EQ(world.count(table), 0U);
}

TEST_P(StoreConformance, many_tables_live_together) {
    std::vector<TableDefinition> tables;
    for (TableId id = 1; id <= 300; ++id) {
        tables.push_back(table_of(id, text::format("table_{}", id), 1,
                                  {{"id", of(ColumnKind::id)}, {"n", of(ColumnKind::i32)}}));
    }
    ASSERT_OK(world.step(std::span<const TableDefinition>(tables)));
    std::vector<Change> changes;
    for (const TableDefinition& table : tables) {
        changes.push_back(upsert_of(table, {{{"id", 1}, {"n", std::int64_t{table.id}}}}));
    }
    ASSERT_OK(world.step(std::span<const Change>(changes)));
    world.reopen();
    const auto snapshot = world.snapshot();
    for (const TableDefinition& table : tables) {
        EXPECT_EQ(rows_text(World::all(*snapshot, table)), text::format("id=1 n={}", table.id));
    }
}

TEST_P(StoreConformance, bytes_grow_with_what_is_stored) {
    const TableDefinition table = named_values();
    ASSERT_OK(world.define(table));
    const std::uint64_t before = *world.store().bytes();
    ASSERT_OK(
        world.upsert(table, {{{"collection", "a"}, {"name", "b"}, {"content", Bytes(100'000)}}}));
    EXPECT_GE(*world.store().bytes(), before + 100'000);
}

}  // namespace
}  // namespace perdure::store
