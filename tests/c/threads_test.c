// Several threads on one world, and what is refused because there is enough of it.
#define _XOPEN_SOURCE 700
#include <pthread.h>
#include <string.h>

#include "c/home.h"

enum { writers = 8, rows_each = 200, snapshots_max = 16 };

static perdure_world* world;

typedef struct writer {
    pthread_t thread;
    uint64_t first;       // of its ids
    perdure_error error;  // its first one; each thread has its own
    uint64_t last_lsn;
    int in_order;  // its commits were numbered in the order in which it made them
} writer;

// A row at a time, every tenth of them waited for. Nothing here may end the case: that is the main
// thread's.
static void* write_rows(void* argument) {
    writer* own = (writer*)argument;
    perdure_commit_options options = {sizeof options, PERDURE_JOURNAL, 0, 0, 0};
    perdure_transaction* transaction = NULL;
    uint64_t row = 0;
    perdure_code code = perdure_world_begin(world, &transaction, &own->error);
    own->in_order = 1;
    for (row = 0; row < rows_each && code == PERDURE_OK; ++row) {
        const uint64_t id = own->first + row;
        const int64_t value = (int64_t)id * 3;
        perdure_token* token = NULL;
        perdure_cells cells[2];
        cells[0] = numbers("id", PERDURE_U64, &id);
        cells[1] = numbers("value", PERDURE_I64, &value);
        options.wait = row % 10 == 0;
        code = perdure_transaction_put(transaction, "counters", cells, 2, 1, NULL, &own->error);
        if (code != PERDURE_OK) break;
        code = perdure_transaction_commit(transaction, &options, &token, &own->error);
        if (code == PERDURE_OK && perdure_token_lsn(token) <= own->last_lsn) own->in_order = 0;
        own->last_lsn = perdure_token_lsn(token);
        perdure_token_free(token);
    }
    perdure_transaction_free(transaction);
    return NULL;
}

// Looks at all of it again and again: what one snapshot shows, a later one does, too.
static void* read_rows(void* argument) {
    writer* own = (writer*)argument;
    uint64_t seen = 0;
    int round = 0;
    perdure_code code = PERDURE_OK;
    own->in_order = 1;
    for (round = 0; round < 20 && code == PERDURE_OK; ++round) {
        perdure_snapshot* snapshot = NULL;
        perdure_batch* page = NULL;
        code = perdure_world_snapshot(world, 0, &snapshot, &own->error);
        if (code != PERDURE_OK) break;
        code = perdure_snapshot_scan(snapshot, "counters", NULL, &page, &own->error);
        if (code == PERDURE_OK && perdure_batch_rows(page) < seen) own->in_order = 0;
        if (code == PERDURE_OK) seen = perdure_batch_rows(page);
        perdure_batch_free(page);
        perdure_snapshot_free(snapshot);
    }
    return NULL;
}

// Rows of counters, and that each has the value that its id asks for.
static uint64_t count_rows(void) {
    perdure_snapshot* snapshot = NULL;
    perdure_batch* page = NULL;
    perdure_cells ids, values;
    uint64_t row = 0, rows = 0;
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "counters", NULL, &page, &why));
    REQUIRE_OK(perdure_batch_column(page, 0, &ids, &why));
    REQUIRE_OK(perdure_batch_column(page, 1, &values, &why));
    rows = perdure_batch_rows(page);
    for (row = 0; row < rows; ++row) {
        uint64_t id = 0;
        int64_t value = 0;
        memcpy(&id, (const char*)ids.data + row * sizeof id, sizeof id);
        memcpy(&value, (const char*)values.data + row * sizeof value, sizeof value);
        CHECK(value == (int64_t)id * 3);
    }
    perdure_batch_free(page);
    perdure_snapshot_free(snapshot);
    return rows;
}

static void threads_write_and_read_beside_the_tick(void) {
    static writer threads[writers + 1];
    int at = 0, tick = 0;
    world = open_world(HERE);
    memset(threads, 0, sizeof threads);
    for (at = 0; at <= writers; ++at) {
        threads[at].first = (uint64_t)at * 1000;
        CHECK(pthread_create(&threads[at].thread, NULL, at < writers ? write_rows : read_rows,
                             &threads[at]) == 0);
    }
    for (tick = 0; tick < 50; ++tick) {
        const uint64_t id = 100000 + (uint64_t)tick;
        const int64_t value = (int64_t)id * 3;
        perdure_cells cells[2];
        cells[0] = numbers("id", PERDURE_U64, &id);
        cells[1] = numbers("value", PERDURE_I64, &value);
        CHECK_OK(perdure_transaction_put(perdure_world_tick(world), "counters", cells, 2, 1, NULL,
                                         &why));
        CHECK_OK(perdure_world_commit(world, NULL, NULL, &why));
        perdure_world_poll(world);
    }
    for (at = 0; at <= writers; ++at) {
        pthread_join(threads[at].thread, NULL);
        CHECK(threads[at].error.code == PERDURE_OK);
        CHECK(threads[at].in_order);
    }
    CHECK(count_rows() == writers * rows_each + 50);
    CHECK_OK(perdure_world_close(world, &why));
    world = open_world(HERE);
    CHECK(count_rows() == writers * rows_each + 50);
    CHECK_OK(perdure_world_close(world, &why));
}

static void one_snapshot_too_many_is_busy_until_another_goes(void) {
    perdure_snapshot* snapshots[snapshots_max + 1] = {NULL};
    int at = 0;
    world = open_world(HERE);
    for (at = 0; at < snapshots_max; ++at) {
        REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshots[at], &why));
    }
    CHECK_REFUSED(perdure_world_snapshot(world, 0, &snapshots[at], &why), PERDURE_BUSY, "16");
    CHECK(snapshots[at] == NULL);
    perdure_snapshot_free(snapshots[3]);
    CHECK_OK(perdure_world_snapshot(world, 0, &snapshots[3], &why));
    for (at = 0; at < snapshots_max; ++at) perdure_snapshot_free(snapshots[at]);
    CHECK_OK(perdure_world_close(world, &why));
}

static const test_case cases[] = {
    {"threads_write_and_read_beside_the_tick", threads_write_and_read_beside_the_tick},
    {"one_snapshot_too_many_is_busy_until_another_goes",
     one_snapshot_too_many_is_busy_until_another_goes},
};
TEST_SUITE(threads_suite, cases);
