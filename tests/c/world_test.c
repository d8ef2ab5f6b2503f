// Worlds: opening, ticks, health, closing.
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "c/home.h"

static perdure_recovery recovery_of(const perdure_world* world) {
    perdure_recovery recovery = {sizeof recovery, 9, 9, 9, 0, 0, 0, 0, 0};
    CHECK_OK(perdure_world_recovery(world, &recovery, &why));
    return recovery;
}

static perdure_health health_of(const perdure_world* world) {
    perdure_health health;
    memset(&health, 0xff, sizeof health);
    health.size = sizeof health;
    CHECK_OK(perdure_world_health(world, &health, &why));
    return health;
}

static void a_world_is_made_and_found_again(void) {
    perdure_world* world = open_world(HERE);
    perdure_recovery recovery = recovery_of(world);
    CHECK(recovery.created == 1);
    CHECK(recovery.entities == 1);
    put_profile(world, "ana", 7);
    CHECK_OK(perdure_world_close(world, &why));
    world = open_world(HERE);
    recovery = recovery_of(world);
    CHECK(recovery.created == 0);
    CHECK(recovery.clean == 1);
    CHECK(recovery.seconds > 0);
    CHECK(level_of(world, "ana") == 7);
    CHECK_OK(perdure_world_close(world, &why));
}

static void a_world_that_must_exist_is_not_made(void) {
    perdure_world_options options = {
        sizeof options, PERDURE_MUST_EXIST, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL};
    perdure_schema* schema = test_schema();
    perdure_world* world = NULL;
    CHECK_REFUSED(perdure_world_open(HERE, schema, &options, &world, &why), PERDURE_NOT_FOUND,
                  "world");
    CHECK(world == NULL);
    options.flags = 8;
    CHECK_REFUSED(perdure_world_open(HERE, schema, &options, &world, &why), PERDURE_UNSUPPORTED,
                  "world flags 0x8");
    options.flags = 0;
    options.reserved = 1;
    CHECK_REFUSED(perdure_world_open(HERE, schema, &options, &world, &why), PERDURE_UNSUPPORTED,
                  "reserved");
    perdure_schema_free(schema);
}

static void a_world_has_one_owner(void) {
    perdure_world* second = NULL;
    perdure_world* world = open_world(HERE);
    CHECK_REFUSED(try_open(HERE, &second), PERDURE_LOCKED, "world");
    CHECK(second == NULL);
    CHECK_OK(perdure_world_close(world, &why));
}

static void options_reach_the_world(void) {
    perdure_world_options options;
    perdure_schema* schema = test_schema();
    perdure_world* world = NULL;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.journal_bytes_max = 1 << 20;
    options.journal_file_bytes = 1 << 16;
    options.journal_first_file_bytes = 1 << 16;
    options.journal_files_ahead = 1;
    options.pending_bytes_max = 1 << 20;
    options.index_bytes_max = 1 << 20;
    options.drain_bytes = 1 << 16;
    options.drain_interval_ms = 50;
    options.attest_idle_ms = 1;
    REQUIRE_OK(perdure_world_open(HERE, schema, &options, &world, &why));
    CHECK(health_of(world).journal_bytes <= 1 << 20);
    CHECK_OK(perdure_world_close(world, &why));
    options.journal_bytes_max = 1;
    CHECK_REFUSED(perdure_world_open(place("other"), schema, &options, &world, &why),
                  PERDURE_INVALID, "journal");
    perdure_schema_free(schema);
}

static void a_schema_is_the_callers_again_once_the_world_is_open(void) {
    perdure_world* first = open_world("memory:");  // it frees its schema
    perdure_world* second = open_world("memory:");
    put_profile(first, "ana", 1);
    put_profile(second, "ana", 2);
    CHECK(level_of(first, "ana") == 1);
    CHECK(level_of(second, "ana") == 2);
    CHECK_OK(perdure_world_close(first, &why));
    CHECK_OK(perdure_world_close(second, &why));
}

static void ticks_are_counted_and_committed(void) {
    static const uint64_t id = 4;
    perdure_cells key = numbers("id", PERDURE_U64, &id);
    perdure_commit_options options = {sizeof options, PERDURE_STORED, 1, 0, 7};
    perdure_world* world = open_world("memory:");
    perdure_token* token = NULL;
    perdure_health health;
    CHECK(perdure_world_next_tick(world) == 1);
    CHECK(health_of(world).has_tick == 0);
    CHECK_OK(
        perdure_transaction_put(perdure_world_tick(world), "counters", &key, 1, 1, NULL, &why));
    REQUIRE_OK(perdure_world_commit(world, NULL, &token, &why));
    CHECK(perdure_token_tick(token) == 1);
    perdure_token_free(token);
    REQUIRE_OK(perdure_world_commit(world, &options, &token, &why));
    CHECK(perdure_token_tick(token) == 7);
    CHECK(perdure_token_level(token) == PERDURE_STORED);
    CHECK(perdure_token_done(token) == 1);
    perdure_token_free(token);
    CHECK(perdure_world_next_tick(world) == 8);
    options.tick = 3;
    CHECK_REFUSED(perdure_world_commit(world, &options, &token, &why), PERDURE_INVALID, "tick 3");
    CHECK(token == NULL);
    health = health_of(world);
    CHECK(health.has_tick == 1 && health.tick == 7);
    CHECK(strcmp(all_ids(world), "4") == 0);
    CHECK_OK(perdure_world_close(world, &why));
}

static void commit_options_that_are_none_are_refused(void) {
    perdure_commit_options options = {sizeof options, 4, 0, 0, 0};
    perdure_world* world = open_world("memory:");
    perdure_transaction* transaction = NULL;
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    CHECK_REFUSED(perdure_world_commit(world, &options, NULL, &why), PERDURE_UNSUPPORTED,
                  "level 4");
    CHECK_REFUSED(perdure_transaction_commit(transaction, &options, NULL, &why),
                  PERDURE_UNSUPPORTED, "level 4");
    options.level = 0;
    options.wait = 2;
    CHECK_REFUSED(perdure_world_commit(world, &options, NULL, &why), PERDURE_UNSUPPORTED, "wait 2");
    options.wait = 0;
    options.reserved = 1;
    CHECK_REFUSED(perdure_world_commit(world, &options, NULL, &why), PERDURE_UNSUPPORTED,
                  "reserved");
    options.reserved = 0;
    options.tick = 5;
    CHECK_REFUSED(perdure_transaction_commit(transaction, &options, NULL, &why), PERDURE_INVALID,
                  "tick");
    perdure_transaction_free(transaction);
    CHECK_OK(perdure_world_close(world, &why));
}

static void health_is_numbers(void) {
    perdure_world* world = open_world(HERE);
    perdure_health before = health_of(world), after;
    put_profile(world, "ana", 7);
    after = health_of(world);
    CHECK(after.size == sizeof after);
    CHECK(after.accepted_lsn == before.accepted_lsn + 1);
    CHECK(after.durable_lsn == after.accepted_lsn);
    CHECK(after.stored_lsn <= after.accepted_lsn);
    CHECK(after.safe_lsn <= after.stored_lsn);
    CHECK(after.read_only == 0);
    CHECK(after.trouble == PERDURE_OK);
    CHECK(after.epoch > 0);
    CHECK(after.journal_files > 0 && after.journal_bytes > 0);
    CHECK_OK(perdure_world_trouble(world, &why));
    CHECK_OK(perdure_world_close(world, &why));
}

static void count_lines(void* context, const char* line) {
    if (strstr(line, "read-only") != NULL) ++*(int*)context;
}

// No file may be written: the journal's next flush fails, and that is final.
static void a_failed_flush_is_unknown_and_the_world_read_only(void) {
    enum { more_than_reserved = 70000 };
    static uint64_t ids[more_than_reserved];
    struct rlimit before, nothing;
    perdure_world_options options;
    perdure_schema* schema = test_schema();
    perdure_world* world = NULL;
    perdure_code code = PERDURE_OK;
    int lines = 0;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.log = count_lines;
    options.log_context = &lines;
    REQUIRE_OK(perdure_world_open(HERE, schema, &options, &world, &why));
    perdure_schema_free(schema);
    put_profile(world, "ana", 7);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    signal(SIGXFSZ, SIG_IGN);
    nothing = before;
    nothing.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &nothing) == 0);
    code = try_put_profile(world, "ana", 8, NULL);  // prints nothing: that might be a file, too
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    signal(SIGXFSZ, SIG_DFL);
    CHECK_REFUSED(code, PERDURE_UNKNOWN, "the next open of the world decides");
    code = perdure_world_trouble(world, &why);
    CHECK(code != PERDURE_OK && why.code == code && why.message[0] != '\0');
    CHECK(health_of(world).trouble == code);
    CHECK(health_of(world).read_only == 1);
    CHECK(lines == 1);
    // Entities go on until ids would have to be reserved, and then all of a call or none.
    CHECK_REFUSED(perdure_entities_create(world, PERDURE_PLAIN, 0, ids, more_than_reserved, &why),
                  code, "");
    CHECK(perdure_entities_count(world) == 1);
    CHECK(ids[0] == 0 && ids[more_than_reserved - 1] == 0);  // and nobody takes them for alive
    CHECK_REFUSED(try_put_profile(world, "ana", 9, NULL), PERDURE_READ_ONLY, "");
    CHECK(perdure_world_close(world, &why) != PERDURE_OK);  // and it is closed
    world = open_world(HERE);
    CHECK(level_of(world, "ana") == 7 || level_of(world, "ana") == 8);
    CHECK_OK(perdure_world_close(world, &why));
}

static void a_digest_is_of_the_rows(void) {
    char empty[33], other[33];
    perdure_world* world = open_world("memory:");
    CHECK_OK(perdure_world_digest(world, empty, &why));
    CHECK(strlen(empty) == 32);
    put_profile(world, "ana", 7);
    CHECK_OK(perdure_world_digest(world, other, &why));
    CHECK(strcmp(empty, other) != 0);
    CHECK_OK(perdure_world_close(world, &why));
}

static void tables_are_declared_while_the_world_runs(void) {
    static const perdure_column columns[] = {
        {"id", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"value", {PERDURE_TEXT, 0, 0}, 0, 0, NULL, 0},
    };
    static const uint64_t id = 4;
    perdure_table table = {sizeof table, 0, "letters", NULL, columns, 2};
    perdure_cells key = numbers("id", PERDURE_U64, &id);
    perdure_world* world = open_world("memory:");
    CHECK_OK(perdure_world_declare(world, &table, &why));
    CHECK_OK(perdure_world_declare(world, &table, &why));  // the same again
    CHECK_OK(perdure_transaction_put(perdure_world_tick(world), "letters", &key, 1, 1, NULL, &why));
    table.name = "counters";
    CHECK_REFUSED(perdure_world_declare(world, &table, &why), PERDURE_INCOMPATIBLE, "counters");
    table.name = "_ours";
    CHECK_REFUSED(perdure_world_declare(world, &table, &why), PERDURE_INVALID, "_ours");
    CHECK_OK(perdure_world_close(world, &why));
}

static void a_world_is_not_closed_under_what_needs_it(void) {
    perdure_world* world = open_world("memory:");
    perdure_transaction* transaction = NULL;
    perdure_snapshot* snapshot = NULL;
    perdure_batch* page = NULL;
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    CHECK_REFUSED(perdure_world_close(world, &why), PERDURE_CONFLICT, "1 transactions");
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "counters", NULL, &page, &why));
    perdure_transaction_free(transaction);
    CHECK_REFUSED(perdure_world_close(world, &why), PERDURE_CONFLICT, "1 snapshots and 1 batches");
    perdure_snapshot_free(snapshot);
    CHECK_REFUSED(perdure_world_close(world, &why), PERDURE_CONFLICT, "0 snapshots and 1 batches");
    put_profile(world, "ana", 7);  // it lives on
    perdure_batch_free(page);
    CHECK_OK(perdure_world_close(world, &why));
}

static int remove_file(const char* path, const struct stat* what, int kind, struct FTW* where) {
    (void)what;
    (void)where;
    return kind == FTW_F ? remove(path) : 0;
}

static void a_lost_journal_is_taken_over_with_a_remark(void) {
    char journal[256];
    perdure_world_options options;
    perdure_schema* schema = test_schema();
    perdure_world* world = open_world(HERE);
    put_profile(world, "ana", 7);
    CHECK_OK(perdure_world_close(world, &why));  // and so it is in the store
    snprintf(journal, sizeof journal, "%s/journal", HERE);
    REQUIRE(nftw(journal, remove_file, 8, FTW_PHYS) == 0);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    CHECK(perdure_world_open(HERE, schema, &options, &world, &why) != PERDURE_OK);
    CHECK(strstr(why.message, "take_over") != NULL);
    options.flags = PERDURE_TAKE_OVER;
    REQUIRE_OK(perdure_world_open(HERE, schema, &options, &world, &why));
    REQUIRE(recovery_of(world).remarks == 1);
    CHECK(strstr(perdure_world_remark(world, 0), "taken over") != NULL);
    CHECK(perdure_world_remark(world, 1) == NULL);
    CHECK(level_of(world, "ana") == 7);
    CHECK_OK(perdure_world_close(world, &why));
    perdure_schema_free(schema);
}

static const test_case cases[] = {
    {"a_world_is_made_and_found_again", a_world_is_made_and_found_again},
    {"a_world_that_must_exist_is_not_made", a_world_that_must_exist_is_not_made},
    {"a_world_has_one_owner", a_world_has_one_owner},
    {"options_reach_the_world", options_reach_the_world},
    {"a_schema_is_the_callers_again_once_the_world_is_open",
     a_schema_is_the_callers_again_once_the_world_is_open},
    {"ticks_are_counted_and_committed", ticks_are_counted_and_committed},
    {"commit_options_that_are_none_are_refused", commit_options_that_are_none_are_refused},
    {"health_is_numbers", health_is_numbers},
    {"a_failed_flush_is_unknown_and_the_world_read_only",
     a_failed_flush_is_unknown_and_the_world_read_only},
    {"a_digest_is_of_the_rows", a_digest_is_of_the_rows},
    {"tables_are_declared_while_the_world_runs", tables_are_declared_while_the_world_runs},
    {"a_world_is_not_closed_under_what_needs_it", a_world_is_not_closed_under_what_needs_it},
    {"a_lost_journal_is_taken_over_with_a_remark", a_lost_journal_is_taken_over_with_a_remark},
};
TEST_SUITE(world_suite, cases);
