// Tokens: waiting, asking, being called back.
#include <string.h>

#include "c/home.h"

typedef struct called {
    int times;
    perdure_code code;
} called;

static void note(void* context, const perdure_error* status) {
    called* calls = (called*)context;
    ++calls->times;
    calls->code = status->code;
}

static perdure_world* world;

static perdure_token* commit_tick(void) {
    static uint64_t id;
    perdure_cells key = numbers("id", PERDURE_U64, &id);
    perdure_token* token = NULL;
    ++id;
    REQUIRE_OK(
        perdure_transaction_put(perdure_world_tick(world), "counters", &key, 1, 1, NULL, &why));
    REQUIRE_OK(perdure_world_commit(world, NULL, &token, &why));
    return token;
}

static void waiting_makes_it_durable(void) {
    perdure_token* token = NULL;
    world = open_world(HERE);
    token = commit_tick();
    CHECK(perdure_token_lsn(token) > 0);
    CHECK(perdure_token_level(token) == PERDURE_JOURNAL);
    CHECK_OK(perdure_token_wait_for(token, PERDURE_RELAXED, &why));
    CHECK_OK(perdure_token_wait(token, &why));
    CHECK(perdure_token_done(token) == 1);
    CHECK_OK(perdure_token_status(token, &why));
    CHECK_OK(perdure_token_wait_for(token, PERDURE_STORED, &why));
    CHECK_REFUSED(perdure_token_wait_for(token, 4, &why), PERDURE_UNSUPPORTED, "level 4");
    CHECK_REFUSED(perdure_token_wait_for(token, -1, &why), PERDURE_UNSUPPORTED, "level -1");
    perdure_token_free(token);
    CHECK_OK(perdure_world_close(world, &why));
}

static void a_transactions_token_has_no_tick(void) {
    static const uint64_t id = 1;
    perdure_cells key = numbers("id", PERDURE_U64, &id);
    perdure_transaction* transaction = NULL;
    perdure_token* token = NULL;
    world = open_world("memory:");
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    REQUIRE_OK(perdure_transaction_put(transaction, "counters", &key, 1, 1, NULL, &why));
    REQUIRE_OK(perdure_transaction_commit(transaction, NULL, &token, &why));
    CHECK(perdure_token_tick(token) == 0);
    CHECK(perdure_token_lsn(token) > 0);
    perdure_token_free(token);
    perdure_transaction_free(transaction);
    CHECK_OK(perdure_world_close(world, &why));
}

static void callbacks_run_in_poll_though_the_token_is_gone(void) {
    called calls = {0, -1};
    perdure_token* token = NULL;
    world = open_world("memory:");
    token = commit_tick();
    CHECK_OK(perdure_token_then(token, note, &calls, &why));
    CHECK_OK(perdure_token_wait(token, &why));
    perdure_token_free(token);
    CHECK(calls.times == 0);
    CHECK(perdure_world_poll(world) == 1);
    CHECK(calls.times == 1 && calls.code == PERDURE_OK);
    CHECK(perdure_world_poll(world) == 0);
    CHECK_OK(perdure_world_close(world, &why));
}

static void a_token_outlives_its_world(void) {
    called calls = {0, -1};
    perdure_token* token = NULL;
    world = open_world("memory:");
    token = commit_tick();
    CHECK_OK(perdure_token_then(token, note, &calls, &why));
    CHECK_OK(perdure_world_close(world, &why));  // which made it durable
    CHECK_OK(perdure_token_status(token, &why));
    CHECK_OK(perdure_token_wait(token, &why));
    perdure_token_free(token);
    CHECK(calls.times == 0);
}

static const test_case cases[] = {
    {"waiting_makes_it_durable", waiting_makes_it_durable},
    {"a_transactions_token_has_no_tick", a_transactions_token_has_no_tick},
    {"callbacks_run_in_poll_though_the_token_is_gone",
     callbacks_run_in_poll_though_the_token_is_gone},
    {"a_token_outlives_its_world", a_token_outlives_its_world},
};
TEST_SUITE(token_suite, cases);
