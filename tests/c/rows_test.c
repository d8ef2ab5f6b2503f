// Rows on their way in: put, append, erase, under conditions, all or none.
#include <string.h>

#include "c/home.h"

static perdure_world* world;
static perdure_transaction* transaction;

static void begin(void) {
    world = open_world("memory:");
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
}

static void end(void) {
    perdure_transaction_free(transaction);
    CHECK_OK(perdure_world_close(world, &why));
}

static perdure_code put(const char* table, const perdure_cells* cells, uint64_t count,
                        uint64_t rows) {
    return perdure_transaction_put(transaction, table, cells, count, rows, NULL, &why);
}

static perdure_code commit(void) {
    return perdure_transaction_commit(transaction, NULL, NULL, &why);
}

static void arrays_become_rows(void) {
    static const uint32_t offsets[] = {0, 3, 3, 5};
    static const int32_t levels[] = {7, 8, 9};
    static const uint32_t guild_offsets[] = {0, 0, 3, 3};
    static const uint8_t guilds[] = {2};  // only the second has one
    perdure_cells cells[3];
    begin();
    cells[0] = texts("name", "anabo", offsets);
    cells[1] = numbers("level", PERDURE_I32, levels);
    cells[2] = texts("guild", "Elf", guild_offsets);
    cells[2].validity = guilds;
    CHECK_OK(put("profiles", cells, 3, 3));
    CHECK_OK(commit());
    CHECK(level_of(world, "ana") == 7);
    CHECK(level_of(world, "") == 8);
    CHECK(level_of(world, "bo") == 9);
    CHECK(level_of(world, "cy") == -1);
    end();
}

static void no_rows_are_nothing_staged(void) {
    perdure_cells key = numbers("id", PERDURE_U64, NULL);
    begin();
    CHECK_OK(put("counters", &key, 1, 0));
    CHECK_REFUSED(commit(), PERDURE_INVALID, "nothing is staged");
    CHECK_REFUSED(put("nowhere", &key, 1, 0), PERDURE_NOT_FOUND, "nowhere");
    end();
}

static void all_rows_are_staged_or_none(void) {
    static const uint32_t offsets[] = {0, 3, 5};
    static const int32_t levels[] = {7, 8};
    perdure_cells cells[2];
    begin();
    cells[0] = texts("name", "ana\xff\xff", offsets);
    cells[1] = numbers("level", PERDURE_I32, levels);
    CHECK_REFUSED(put("profiles", cells, 2, 2), PERDURE_INVALID, "row 1");
    CHECK_REFUSED(commit(), PERDURE_INVALID, "nothing is staged");
    put_profile(world, "cy", 1);
    CHECK(level_of(world, "ana") == -1);
    end();
}

static void cells_that_do_not_fit_are_refused(void) {
    static const uint64_t one = 1, large = UINT64_MAX;
    static const uint32_t backwards[] = {3, 0};
    static const uint8_t null_bits[] = {0};
    perdure_cells cells[2];
    begin();
    cells[0] = numbers("id", PERDURE_U64, &one);
    cells[1] = numbers("value", PERDURE_U64, &one);
    CHECK_REFUSED(put("counters", cells, 2, 1), PERDURE_INVALID, "is i64, not u64");
    cells[1] = numbers("valve", PERDURE_I64, &one);
    CHECK_REFUSED(put("counters", cells, 2, 1), PERDURE_NOT_FOUND, "valve");
    cells[1] = numbers(NULL, PERDURE_I64, &one);
    CHECK_REFUSED(put("counters", cells, 2, 1), PERDURE_INVALID, "name is null");
    cells[1] = numbers("value", PERDURE_I64, NULL);
    CHECK_REFUSED(put("counters", cells, 2, 1), PERDURE_INVALID, "data is null");
    cells[1] = numbers("value", PERDURE_I64, &one);
    cells[1].validity = null_bits;
    CHECK_REFUSED(put("counters", cells, 2, 1), PERDURE_INVALID, "cannot be null");
    cells[1] = cells[0];
    CHECK_REFUSED(put("counters", cells, 2, 1), PERDURE_INVALID, "id");
    cells[1] = numbers("value", PERDURE_I64, &one);
    CHECK_REFUSED(put("counters", cells + 1, 1, 1), PERDURE_INVALID, "id");
    CHECK_REFUSED(put("counters", NULL, 1, 1), PERDURE_INVALID, "cells is null");
    CHECK_REFUSED(put("counters", cells, UINT64_MAX, 1), PERDURE_INVALID, "columns");
    CHECK_REFUSED(put(NULL, cells, 2, 1), PERDURE_INVALID, "table's name");
    cells[0] = texts("name", "ana", NULL);
    CHECK_REFUSED(put("profiles", cells, 1, 1), PERDURE_INVALID, "need offsets");
    cells[0] = texts("name", "ana", backwards);
    CHECK_REFUSED(put("profiles", cells, 1, 1), PERDURE_INVALID, "backwards");
    cells[0] = numbers("id", PERDURE_U64, &large);
    CHECK_OK(put("counters", cells, 1, 1));
    end();
}

static void empty_texts_need_no_data(void) {
    static const uint32_t offsets[] = {0, 0};
    perdure_cells name = {"name", {PERDURE_TEXT, 0, 0}, NULL, offsets, NULL};
    begin();
    CHECK_OK(put("profiles", &name, 1, 1));
    CHECK_OK(commit());
    CHECK(level_of(world, "") == 0);
    end();
}

static void erased_rows_are_gone(void) {
    static const uint64_t ids[] = {1, 2, 3, 4};
    static const int64_t values[] = {0, 0, 0, 0};
    static const uint64_t gone[] = {2, 4, 9};
    perdure_cells key = numbers("id", PERDURE_U64, gone);
    begin();
    put_counters(world, ids, values, 4);
    CHECK_OK(perdure_transaction_erase(transaction, "counters", &key, 1, 3, NULL, &why));
    CHECK_OK(commit());
    CHECK(strcmp(all_ids(world), "1 3") == 0);
    CHECK_REFUSED(perdure_transaction_erase(transaction, "counters", &key, 0, 1, NULL, &why),
                  PERDURE_INVALID, "id");
    end();
}

static void append_only_rows_are_added_and_never_changed(void) {
    static const uint64_t at[] = {5, 5};
    static const uint32_t seq[] = {0, 1};
    static const uint32_t offsets[] = {0, 4, 8};
    perdure_cells cells[3];
    begin();
    cells[0] = numbers("at", PERDURE_U64, at);
    cells[1] = numbers("seq", PERDURE_U32, seq);
    cells[2] = texts("what", "rainwind", offsets);
    CHECK_OK(perdure_transaction_append(transaction, "events", cells, 3, 2, &why));
    CHECK_OK(commit());
    CHECK_OK(perdure_transaction_append(transaction, "events", cells, 3, 1, &why));
    CHECK_REFUSED(commit(), PERDURE_CONFLICT, "events");
    CHECK_REFUSED(put("events", cells, 3, 1), PERDURE_INVALID, "append-only");
    CHECK_REFUSED(perdure_transaction_append(transaction, "counters", cells, 0, 1, &why),
                  PERDURE_INVALID, "not append-only");
    end();
}

static void conditions_are_judged_at_the_commit(void) {
    static const int32_t seven = 7;
    perdure_cells level = numbers("level", PERDURE_I32, &seven);
    perdure_condition condition = {sizeof condition, PERDURE_IF_PRESENT, NULL, 0};
    begin();
    CHECK_REFUSED(try_put_profile(world, "ana", 1, &condition), PERDURE_CONFLICT, "ana");
    condition.kind = PERDURE_IF_ABSENT;
    CHECK_OK(try_put_profile(world, "ana", 7, &condition));
    CHECK_REFUSED(try_put_profile(world, "ana", 8, &condition), PERDURE_CONFLICT, "ana");
    condition.kind = PERDURE_IF_EQUAL;
    condition.cells = &level;
    condition.cell_count = 1;
    CHECK_OK(try_put_profile(world, "ana", 8, &condition));
    CHECK_REFUSED(try_put_profile(world, "ana", 9, &condition), PERDURE_CONFLICT, "ana");
    CHECK(level_of(world, "ana") == 8);
    condition.kind = PERDURE_ALWAYS;
    condition.cell_count = 0;
    CHECK_OK(try_put_profile(world, "ana", 9, &condition));
    end();
}

static void conditions_that_are_none_are_refused(void) {
    static const int32_t seven = 7;
    perdure_cells level = numbers("level", PERDURE_I32, &seven);
    perdure_condition condition = {sizeof condition, 4, NULL, 0};
    begin();
    CHECK_REFUSED(try_put_profile(world, "ana", 1, &condition), PERDURE_UNSUPPORTED, "condition 4");
    condition.kind = PERDURE_IF_PRESENT;
    condition.cells = &level;
    condition.cell_count = 1;
    CHECK_REFUSED(try_put_profile(world, "ana", 1, &condition), PERDURE_INVALID, "IF_EQUAL");
    condition.kind = PERDURE_IF_EQUAL;
    condition.cells = NULL;
    CHECK_REFUSED(try_put_profile(world, "ana", 1, &condition), PERDURE_INVALID, "cells is null");
    end();
}

// Of many rows each has its own cells to be compared with.
static void each_row_is_compared_with_its_own(void) {
    static const uint64_t ids[] = {1, 2};
    static const int64_t before[] = {10, 20}, after[] = {11, 21}, wrong[] = {11, 20};
    perdure_cells cells[2], expected;
    perdure_condition condition = {sizeof condition, PERDURE_IF_EQUAL, NULL, 1};
    condition.cells = &expected;
    begin();
    put_counters(world, ids, before, 2);
    cells[0] = numbers("id", PERDURE_U64, ids);
    cells[1] = numbers("value", PERDURE_I64, after);
    expected = numbers("value", PERDURE_I64, before);
    CHECK_OK(perdure_transaction_put(transaction, "counters", cells, 2, 2, &condition, &why));
    CHECK_OK(commit());
    expected = numbers("value", PERDURE_I64, wrong);
    CHECK_OK(perdure_transaction_erase(transaction, "counters", cells, 1, 2, &condition, &why));
    CHECK_REFUSED(commit(), PERDURE_CONFLICT, "id=2");
    end();
}

static void a_transaction_sees_what_it_stages(void) {
    static const uint64_t id = 3;
    static const int64_t value = 30;
    perdure_cells cells[2], read;
    perdure_batch* row = NULL;
    begin();
    cells[0] = numbers("id", PERDURE_U64, &id);
    cells[1] = numbers("value", PERDURE_I64, &value);
    CHECK_OK(perdure_transaction_find(transaction, "counters", cells, 1, &row, &why));
    CHECK(row == NULL);
    CHECK_OK(put("counters", cells, 2, 1));
    CHECK_OK(perdure_transaction_find(transaction, "counters", cells, 1, &row, &why));
    REQUIRE(row != NULL);
    REQUIRE_OK(perdure_batch_column(row, 1, &read, &why));
    CHECK(*(const int64_t*)read.data == 30);
    perdure_batch_free(row);
    CHECK(strcmp(all_ids(world), "") == 0);
    CHECK_REFUSED(perdure_transaction_find(transaction, "nowhere", cells, 1, &row, &why),
                  PERDURE_NOT_FOUND, "nowhere");
    CHECK(row == NULL);
    CHECK_REFUSED(perdure_transaction_find(transaction, "counters", NULL, 0, &row, &why),
                  PERDURE_INVALID, "id");
    end();
}

static void what_is_not_committed_never_was(void) {
    static const uint64_t id = 3;
    perdure_cells key = numbers("id", PERDURE_U64, &id);
    begin();
    CHECK_OK(put("counters", &key, 1, 1));
    perdure_transaction_free(transaction);
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    CHECK(strcmp(all_ids(world), "") == 0);
    end();
}

// A tick asks only for what is in memory or was prefetched.
static void ticks_prefetch_the_keys_of_their_conditions(void) {
    static const uint64_t ids[] = {1, 2};
    static const int64_t values[] = {10, 20};
    perdure_condition present = {sizeof present, PERDURE_IF_PRESENT, NULL, 0};
    perdure_cells key = numbers("id", PERDURE_U64, ids);
    perdure_transaction* tick = NULL;
    perdure_world* stored = open_world(HERE);
    put_counters(stored, ids, values, 2);
    CHECK_OK(perdure_world_close(stored, &why));
    stored = open_world(HERE);
    tick = perdure_world_tick(stored);
    CHECK_REFUSED(perdure_transaction_put(tick, "counters", &key, 1, 2, &present, &why),
                  PERDURE_NOT_LOADED, "row 0");
    CHECK_OK(perdure_transaction_prefetch(tick, "counters", &key, 1, 2, &why));
    CHECK_OK(perdure_transaction_put(tick, "counters", &key, 1, 2, &present, &why));
    CHECK_OK(perdure_world_commit(stored, NULL, NULL, &why));
    CHECK_OK(perdure_world_close(stored, &why));
    begin();
    CHECK_REFUSED(perdure_transaction_prefetch(transaction, "counters", &key, 1, 1, &why),
                  PERDURE_INVALID, "ticks");
    CHECK_REFUSED(perdure_transaction_prefetch(transaction, "nowhere", &key, 1, 1, &why),
                  PERDURE_NOT_FOUND, "nowhere");
    end();
}

static void the_tick_is_neither_committed_nor_freed_as_a_transaction(void) {
    perdure_transaction* tick = NULL;
    begin();
    tick = perdure_world_tick(world);
    CHECK_REFUSED(perdure_transaction_commit(tick, NULL, NULL, &why), PERDURE_INVALID, "tick");
    perdure_transaction_free(tick);
    CHECK_OK(perdure_world_commit(world, NULL, NULL, &why));
    end();
}

static const test_case cases[] = {
    {"arrays_become_rows", arrays_become_rows},
    {"no_rows_are_nothing_staged", no_rows_are_nothing_staged},
    {"all_rows_are_staged_or_none", all_rows_are_staged_or_none},
    {"cells_that_do_not_fit_are_refused", cells_that_do_not_fit_are_refused},
    {"empty_texts_need_no_data", empty_texts_need_no_data},
    {"erased_rows_are_gone", erased_rows_are_gone},
    {"append_only_rows_are_added_and_never_changed", append_only_rows_are_added_and_never_changed},
    {"conditions_are_judged_at_the_commit", conditions_are_judged_at_the_commit},
    {"conditions_that_are_none_are_refused", conditions_that_are_none_are_refused},
    {"each_row_is_compared_with_its_own", each_row_is_compared_with_its_own},
    {"a_transaction_sees_what_it_stages", a_transaction_sees_what_it_stages},
    {"what_is_not_committed_never_was", what_is_not_committed_never_was},
    {"ticks_prefetch_the_keys_of_their_conditions", ticks_prefetch_the_keys_of_their_conditions},
    {"the_tick_is_neither_committed_nor_freed_as_a_transaction",
     the_tick_is_neither_committed_nor_freed_as_a_transaction},
};
TEST_SUITE(rows_suite, cases);
