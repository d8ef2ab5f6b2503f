// What a caller gets wrong: nulls, sizes; and what the caller's error holds.
#include <string.h>

#include "c/home.h"

#define CHECK_NULL(call) CHECK_REFUSED(call, PERDURE_INVALID, "null")

static void null_is_no_handle(void) {
    perdure_health health = {
        sizeof health, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    perdure_recovery recovery = {sizeof recovery, 0, 0, 0, 0, 0, 0, 0, 0};
    perdure_transaction* transaction = NULL;
    perdure_snapshot* snapshot = NULL;
    perdure_batch* batch = NULL;
    perdure_cells cells;
    uint64_t id = 0;
    char digest[33];
    CHECK_NULL(perdure_schema_table(NULL, NULL, &why));
    CHECK_NULL(perdure_schema_category(NULL, NULL, &why));
    CHECK_NULL(perdure_schema_rename_table(NULL, "a", "b", &why));
    CHECK_NULL(perdure_schema_rename_column(NULL, "a", "b", "c", &why));
    CHECK_NULL(perdure_schema_drop_column(NULL, "a", "b", &why));
    CHECK_NULL(perdure_world_recovery(NULL, &recovery, &why));
    CHECK_NULL(perdure_world_health(NULL, &health, &why));
    CHECK_NULL(perdure_world_trouble(NULL, &why));
    CHECK_NULL(perdure_world_digest(NULL, digest, &why));
    CHECK_NULL(perdure_world_declare(NULL, NULL, &why));
    CHECK_NULL(perdure_world_commit(NULL, NULL, NULL, &why));
    CHECK_NULL(perdure_world_begin(NULL, &transaction, &why));
    CHECK_NULL(perdure_world_snapshot(NULL, 0, &snapshot, &why));
    CHECK_NULL(perdure_entities_create(NULL, 0, 0, &id, 1, &why));
    CHECK_NULL(perdure_entity_destroy(NULL, 2, &why));
    CHECK_NULL(perdure_entity_set_parent(NULL, 2, 0, &why));
    CHECK_NULL(perdure_transaction_put(NULL, "counters", NULL, 0, 1, NULL, &why));
    CHECK_NULL(perdure_transaction_append(NULL, "events", NULL, 0, 1, &why));
    CHECK_NULL(perdure_transaction_erase(NULL, "counters", NULL, 0, 1, NULL, &why));
    CHECK_NULL(perdure_transaction_find(NULL, "counters", NULL, 0, &batch, &why));
    CHECK_NULL(perdure_transaction_prefetch(NULL, "counters", NULL, 0, 1, &why));
    CHECK_NULL(perdure_transaction_commit(NULL, NULL, NULL, &why));
    CHECK_NULL(perdure_token_status(NULL, &why));
    CHECK_NULL(perdure_token_wait(NULL, &why));
    CHECK_NULL(perdure_token_wait_for(NULL, 0, &why));
    CHECK_NULL(perdure_token_then(NULL, NULL, NULL, &why));
    CHECK_NULL(perdure_snapshot_find(NULL, "counters", NULL, 0, &batch, &why));
    CHECK_NULL(perdure_snapshot_scan(NULL, "counters", NULL, &batch, &why));
    CHECK_NULL(perdure_batch_column(NULL, 0, &cells, &why));
    CHECK_NULL(perdure_batch_find_column(NULL, "id", &cells, &why));
}

static void functions_without_a_code_answer_null_with_nothing(void) {
    CHECK(perdure_world_tick(NULL) == NULL);
    CHECK(perdure_world_next_tick(NULL) == 0);
    CHECK(perdure_world_poll(NULL) == 0);
    CHECK(perdure_world_remark(NULL, 0) == NULL);
    CHECK(perdure_entity_alive(NULL, 1) == 0);
    CHECK(perdure_entity_parent(NULL, 1) == 0);
    CHECK(perdure_entities_count(NULL) == 0);
    CHECK(perdure_token_lsn(NULL) == 0);
    CHECK(perdure_token_tick(NULL) == 0);
    CHECK(perdure_token_level(NULL) == 0);
    CHECK(perdure_token_done(NULL) == 0);
    CHECK(perdure_snapshot_lsn(NULL) == 0);
    CHECK(perdure_batch_rows(NULL) == 0);
    CHECK(perdure_batch_columns(NULL) == 0);
}

static void freeing_nothing_is_fine(void) {
    perdure_schema_free(NULL);
    perdure_transaction_free(NULL);
    perdure_token_free(NULL);
    perdure_snapshot_free(NULL);
    perdure_batch_free(NULL);
    CHECK_OK(perdure_world_close(NULL, &why));
}

static void there_must_be_somewhere_to_put_what_is_asked_for(void) {
    perdure_schema* schema = test_schema();
    perdure_world* world = NULL;
    perdure_snapshot* snapshot = NULL;
    perdure_batch* page = NULL;
    perdure_cells cells;
    perdure_token* token = NULL;
    CHECK_NULL(perdure_world_open("memory:", schema, NULL, NULL, &why));
    CHECK_NULL(perdure_world_open(NULL, schema, NULL, &world, &why));
    CHECK_NULL(perdure_world_open("memory:", NULL, NULL, &world, &why));
    CHECK(world == NULL);
    world = open_world("memory:");
    CHECK_NULL(perdure_schema_table(schema, NULL, &why));
    CHECK_NULL(perdure_schema_category(schema, NULL, &why));
    CHECK_NULL(perdure_schema_rename_table(schema, NULL, "b", &why));
    CHECK_NULL(perdure_schema_rename_table(schema, "a", NULL, &why));
    CHECK_NULL(perdure_schema_rename_column(schema, NULL, "b", "c", &why));
    CHECK_NULL(perdure_schema_rename_column(schema, "a", NULL, "c", &why));
    CHECK_NULL(perdure_schema_rename_column(schema, "a", "b", NULL, &why));
    CHECK_NULL(perdure_schema_drop_column(schema, NULL, "b", &why));
    CHECK_NULL(perdure_schema_drop_column(schema, "a", NULL, &why));
    CHECK_NULL(perdure_world_recovery(world, NULL, &why));
    CHECK_NULL(perdure_world_health(world, NULL, &why));
    CHECK_NULL(perdure_world_digest(world, NULL, &why));
    CHECK_NULL(perdure_world_declare(world, NULL, &why));
    CHECK_NULL(perdure_world_begin(world, NULL, &why));
    CHECK_NULL(perdure_world_snapshot(world, 0, NULL, &why));
    CHECK_REFUSED(perdure_world_snapshot(world, 2, &snapshot, &why), PERDURE_UNSUPPORTED, "flags");
    CHECK_NULL(
        perdure_transaction_find(perdure_world_tick(world), "counters", NULL, 0, NULL, &why));
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    CHECK_NULL(perdure_snapshot_find(snapshot, "counters", NULL, 0, NULL, &why));
    CHECK_NULL(perdure_snapshot_find(snapshot, NULL, NULL, 0, &page, &why));
    CHECK_NULL(perdure_snapshot_scan(snapshot, "counters", NULL, NULL, &why));
    CHECK_NULL(perdure_snapshot_scan(snapshot, NULL, NULL, &page, &why));
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "counters", NULL, &page, &why));
    CHECK_NULL(perdure_batch_column(page, 0, NULL, &why));
    CHECK_NULL(perdure_batch_find_column(page, "id", NULL, &why));
    CHECK_NULL(perdure_batch_find_column(page, NULL, &cells, &why));
    REQUIRE_OK(perdure_world_commit(world, NULL, &token, &why));
    CHECK_NULL(perdure_token_then(token, NULL, NULL, &why));
    perdure_token_free(token);
    perdure_batch_free(page);
    perdure_snapshot_free(snapshot);
    CHECK_OK(perdure_world_close(world, &why));
    perdure_schema_free(schema);
}

// A program that was compiled against another release.
static void structs_may_be_longer_or_shorter(void) {
    struct {
        perdure_health known;
        uint64_t later;
    } longer;
    struct {
        perdure_commit_options known;
        uint64_t later;
    } asked = {{sizeof asked, 0, 0, 0, 0}, 0};
    perdure_health shorter;
    perdure_world* world = open_world("memory:");
    memset(&longer, 0xff, sizeof longer);
    longer.known.size = sizeof longer;
    CHECK_OK(perdure_world_health(world, &longer.known, &why));
    CHECK(longer.known.size == sizeof longer);
    CHECK(longer.later == 0);  // what the library does not know is 0
    memset(&shorter, 0xff, sizeof shorter);
    shorter.size = sizeof shorter - 8;
    CHECK_REFUSED(perdure_world_health(world, &shorter, &why), PERDURE_INVALID,
                  "sizeof(perdure_health)");
    CHECK(shorter.flush_us_last == UINT64_MAX);  // and was not written to
    CHECK_OK(perdure_world_commit(world, &asked.known, NULL, &why));
    asked.later = 1;
    CHECK_REFUSED(perdure_world_commit(world, &asked.known, NULL, &why), PERDURE_UNSUPPORTED,
                  "newer library");
    asked.known.size = 0;
    CHECK_REFUSED(perdure_world_commit(world, &asked.known, NULL, &why), PERDURE_INVALID,
                  "its size is 0");
    asked.known.size = 4097;
    CHECK_REFUSED(perdure_world_commit(world, &asked.known, NULL, &why), PERDURE_INVALID,
                  "its size is 4097");
    CHECK_OK(perdure_world_close(world, &why));
}

static void messages_that_are_too_long_are_cut_between_characters(void) {
    char name[1200];
    perdure_world* world = open_world("memory:");
    size_t at = 0, shift = 0;
    for (shift = 0; shift < 2; ++shift) {
        memset(name, 'x', shift);
        for (at = shift; at + 1 < sizeof name; at += 2) memcpy(name + at, "\xc3\xbc", 2);
        name[sizeof name - 1 - (sizeof name - 1 - shift) % 2] = '\0';
        CHECK(perdure_transaction_put(perdure_world_tick(world), name, NULL, 0, 1, NULL, &why) ==
              PERDURE_NOT_FOUND);
        CHECK(why.message_bytes > sizeof why.message);
        CHECK(strlen(why.message) >= sizeof why.message - 2);
        CHECK(memcmp(why.message + strlen(why.message) - 2, "\xc3\xbc", 2) == 0);
    }
    CHECK_OK(perdure_world_close(world, &why));
}

static void errors_are_told_to_those_who_ask(void) {
    perdure_world* world = open_world("memory:");
    CHECK(perdure_world_commit(NULL, NULL, NULL, NULL) == PERDURE_INVALID);
    CHECK(perdure_world_commit(NULL, NULL, NULL, &why) == PERDURE_INVALID);
    CHECK(why.code == PERDURE_INVALID);
    CHECK(why.message_bytes == strlen(why.message));
    CHECK(perdure_world_commit(world, NULL, NULL, &why) == PERDURE_OK);
    CHECK(why.code == PERDURE_OK);  // and the old message is gone
    CHECK(why.message_bytes == 0 && why.message[0] == '\0');
    CHECK(perdure_world_close(world, NULL) == PERDURE_OK);
}

static void codes_have_names(void) {
    CHECK(strcmp(perdure_code_name(PERDURE_OK), "ok") == 0);
    CHECK(strcmp(perdure_code_name(PERDURE_NOT_FOUND), "not_found") == 0);
    CHECK(strcmp(perdure_code_name(PERDURE_EXPIRED), "expired") == 0);
    CHECK(strcmp(perdure_code_name(PERDURE_REFUSED), "refused") == 0);
    CHECK(strcmp(perdure_code_name(16), "?") == 0);
    CHECK(strcmp(perdure_code_name(-1), "?") == 0);
    CHECK(perdure_c_abi() == PERDURE_C_ABI);
    CHECK(strchr(perdure_version(), '.') != NULL);
}

static const test_case cases[] = {
    {"null_is_no_handle", null_is_no_handle},
    {"functions_without_a_code_answer_null_with_nothing",
     functions_without_a_code_answer_null_with_nothing},
    {"freeing_nothing_is_fine", freeing_nothing_is_fine},
    {"there_must_be_somewhere_to_put_what_is_asked_for",
     there_must_be_somewhere_to_put_what_is_asked_for},
    {"structs_may_be_longer_or_shorter", structs_may_be_longer_or_shorter},
    {"messages_that_are_too_long_are_cut_between_characters",
     messages_that_are_too_long_are_cut_between_characters},
    {"errors_are_told_to_those_who_ask", errors_are_told_to_those_who_ask},
    {"codes_have_names", codes_have_names},
};
TEST_SUITE(misuse_suite, cases);
