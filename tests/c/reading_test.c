// Snapshots, ranges, pages, batches.
#include <string.h>

#include "c/home.h"

static perdure_world* world;
static perdure_snapshot* snapshot;
static perdure_batch* page;
static perdure_scan asked;

// Counters 10, 20, … 90.
static void begin(const char* directory) {
    static const uint64_t ids[] = {10, 20, 30, 40, 50, 60, 70, 80, 90};
    static const int64_t values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const perdure_scan nothing_asked = {sizeof nothing_asked, 0, NULL, 0, NULL, 0, NULL};
    asked = nothing_asked;
    snapshot = NULL;
    page = NULL;
    world = open_world(directory);
    put_counters(world, ids, values, 9);
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
}

static void end(void) {
    perdure_batch_free(page);
    perdure_snapshot_free(snapshot);
    CHECK_OK(perdure_world_close(world, &why));
}

static const char* scanned(void) {
    perdure_batch* next = NULL;
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "counters", &asked, &next, &why));
    perdure_batch_free(page);
    page = next;
    return ids_of(page);
}

static void scan_range(const uint64_t* from, const uint64_t* until, const char* wanted) {
    perdure_cells from_key = numbers("id", PERDURE_U64, from);
    perdure_cells until_key = numbers("id", PERDURE_U64, until);
    asked.from = from == NULL ? NULL : &from_key;
    asked.from_count = from == NULL ? 0 : 1;
    asked.until = until == NULL ? NULL : &until_key;
    asked.until_count = until == NULL ? 0 : 1;
    CHECK(strcmp(scanned(), wanted) == 0);
    asked.from = asked.until = NULL;
    asked.from_count = asked.until_count = 0;
}

static void check_ranges(void) {
    static const uint64_t n5 = 5, n10 = 10, n25 = 25, n30 = 30, n90 = 90, n95 = 95;
    scan_range(NULL, NULL, "10 20 30 40 50 60 70 80 90");
    scan_range(&n25, NULL, "30 40 50 60 70 80 90");
    scan_range(&n30, NULL, "30 40 50 60 70 80 90");
    scan_range(&n90, NULL, "90");
    scan_range(&n95, NULL, "");
    scan_range(NULL, &n30, "10 20");
    scan_range(NULL, &n25, "10 20");
    scan_range(NULL, &n10, "");
    scan_range(NULL, &n5, "");
    scan_range(&n10, &n30, "10 20");
    scan_range(&n30, &n30, "");
    scan_range(&n90, &n10, "");
    asked.limit = 1;
    scan_range(&n30, NULL, "30");
    scan_range(&n25, NULL, "30");
    asked.limit = 3;
    scan_range(&n30, NULL, "30 40 50");
}

static void ranges_are_half_open(void) {
    begin("memory:");
    check_ranges();
    end();
}

static void ranges_are_the_same_from_the_store(void) {
    perdure_token* token = NULL;
    begin(HERE);
    REQUIRE_OK(perdure_world_commit(world, NULL, &token, &why));
    CHECK_OK(perdure_token_wait_for(token, PERDURE_STORED, &why));
    perdure_token_free(token);
    perdure_snapshot_free(snapshot);
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    check_ranges();
    end();
}

static void pages_follow_one_another_and_end(void) {
    static const uint64_t from = 20, until = 75;
    perdure_cells from_key = numbers("id", PERDURE_U64, &from);
    perdure_cells until_key = numbers("id", PERDURE_U64, &until);
    begin("memory:");
    asked.limit = 4;
    asked.from = &from_key;
    asked.until = &until_key;
    asked.from_count = asked.until_count = 1;
    CHECK(strcmp(scanned(), "20 30 40 50") == 0);
    asked.after = page;
    CHECK(strcmp(scanned(), "60 70") == 0);
    asked.after = page;
    CHECK(strcmp(scanned(), "") == 0);
    asked.after = page;  // it does not begin again
    CHECK(strcmp(scanned(), "") == 0);
    end();
}

static void a_page_of_something_else_is_no_page_before(void) {
    perdure_batch* other = NULL;
    perdure_batch* next = NULL;
    begin("memory:");
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "profiles", NULL, &other, &why));
    asked.after = other;
    CHECK_REFUSED(perdure_snapshot_scan(snapshot, "counters", &asked, &next, &why), PERDURE_INVALID,
                  "after");
    CHECK(next == NULL);
    perdure_batch_free(other);
    end();
}

static void what_cannot_be_read_is_refused(void) {
    static const int64_t minus = -1;
    perdure_cells key = numbers("id", PERDURE_I64, &minus);
    perdure_batch* row = NULL;
    begin("memory:");
    asked.from = asked.until = &key;
    asked.from_count = 1;
    CHECK_REFUSED(perdure_snapshot_scan(snapshot, "counters", &asked, &row, &why), PERDURE_INVALID,
                  "is u64, not i64");
    asked.from_count = 0;
    asked.until_count = 1;
    CHECK_REFUSED(perdure_snapshot_scan(snapshot, "counters", &asked, &row, &why), PERDURE_INVALID,
                  "is u64, not i64");
    CHECK_REFUSED(perdure_snapshot_scan(snapshot, "nowhere", NULL, &row, &why), PERDURE_NOT_FOUND,
                  "nowhere");
    CHECK_REFUSED(perdure_snapshot_find(snapshot, "nowhere", &key, 1, &row, &why),
                  PERDURE_NOT_FOUND, "nowhere");
    CHECK_REFUSED(perdure_snapshot_find(snapshot, "counters", &key, 1, &row, &why), PERDURE_INVALID,
                  "is u64, not i64");
    CHECK_REFUSED(perdure_snapshot_find(snapshot, "counters", NULL, 0, &row, &why), PERDURE_INVALID,
                  "id");
    end();
}

static void a_snapshot_stays_as_it_was(void) {
    static const uint64_t id = 95;
    static const int64_t value = 9;
    uint64_t lsn = 0;
    begin("memory:");
    lsn = perdure_snapshot_lsn(snapshot);
    put_counters(world, &id, &value, 1);
    CHECK(strcmp(scanned(), "10 20 30 40 50 60 70 80 90") == 0);
    perdure_snapshot_free(snapshot);
    REQUIRE_OK(perdure_world_snapshot(world, PERDURE_DURABLE_ONLY, &snapshot, &why));
    CHECK(perdure_snapshot_lsn(snapshot) > lsn);
    CHECK(strcmp(scanned(), "10 20 30 40 50 60 70 80 90 95") == 0);
    end();
}

static void a_batch_outlives_its_snapshot(void) {
    perdure_cells read;
    begin("memory:");
    scanned();
    perdure_snapshot_free(snapshot);
    snapshot = NULL;
    CHECK(perdure_batch_rows(page) == 9);
    CHECK(perdure_batch_columns(page) == 2);
    REQUIRE_OK(perdure_batch_find_column(page, "value", &read, &why));
    CHECK(((const int64_t*)read.data)[8] == 9);
    CHECK(strcmp(read.column, "value") == 0);
    CHECK(read.type.kind == PERDURE_I64);
    CHECK_REFUSED(perdure_batch_column(page, 2, &read, &why), PERDURE_NOT_FOUND, "no column 2");
    CHECK(read.data == NULL);
    CHECK_REFUSED(perdure_batch_find_column(page, "valve", &read, &why), PERDURE_NOT_FOUND,
                  "valve");
    end();
}

static const test_case cases[] = {
    {"ranges_are_half_open", ranges_are_half_open},
    {"ranges_are_the_same_from_the_store", ranges_are_the_same_from_the_store},
    {"pages_follow_one_another_and_end", pages_follow_one_another_and_end},
    {"a_page_of_something_else_is_no_page_before", a_page_of_something_else_is_no_page_before},
    {"what_cannot_be_read_is_refused", what_cannot_be_read_is_refused},
    {"a_snapshot_stays_as_it_was", a_snapshot_stays_as_it_was},
    {"a_batch_outlives_its_snapshot", a_batch_outlives_its_snapshot},
};
TEST_SUITE(reading_suite, cases);
