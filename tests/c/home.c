#define _XOPEN_SOURCE 700
#include "c/home.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

perdure_error why;

static char root[64];
static char places[8][128];
static size_t places_used;

int is_ok(perdure_code code) {
    if (code != PERDURE_OK) printf("%s: %s\n", perdure_code_name(code), why.message);
    return code == PERDURE_OK;
}

int is_refused(perdure_code code, perdure_code wanted, const char* word) {
    int as_wanted = code == wanted && why.code == code && strstr(why.message, word) != NULL &&
                    why.message_bytes >= strlen(why.message);
    if (!as_wanted) printf("%s: %s\n", perdure_code_name(code), why.message);
    return as_wanted;
}

const char* place(const char* name) {
    const char* temporary = getenv("TMPDIR");
    char* found = NULL;
    size_t at = 0;
    if (root[0] == '\0') {
        snprintf(root, sizeof root, "%.40s/perdure-c-XXXXXX", temporary ? temporary : "/tmp");
        if (mkdtemp(root) == NULL) abort();
    }
    for (at = 0; at < places_used && found == NULL; ++at) {
        if (strcmp(strrchr(places[at], '/') + 1, name) == 0) found = places[at];
    }
    if (found == NULL) {
        if (places_used == sizeof places / sizeof places[0]) abort();
        found = places[places_used++];
        snprintf(found, sizeof places[0], "%s/%s", root, name);
    }
    return found;
}

static int remove_one(const char* path, const struct stat* what, int kind, struct FTW* where) {
    (void)what;
    (void)kind;
    (void)where;
    return remove(path);
}

void remove_places(void) {
    if (root[0] != '\0') nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    root[0] = '\0';
    places_used = 0;
}

perdure_schema* test_schema(void) {
    static const perdure_column profiles[] = {
        {"name", {PERDURE_TEXT, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"level", {PERDURE_I32, 0, 0}, 0, 0, NULL, 0},
        {"guild", {PERDURE_TEXT, 0, 0}, PERDURE_NULLABLE, 0, NULL, 0},
    };
    static const perdure_column counters[] = {
        {"id", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"value", {PERDURE_I64, 0, 0}, 0, 0, NULL, 0},
    };
    static const perdure_column events[] = {
        {"at", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"seq", {PERDURE_U32, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"what", {PERDURE_TEXT, 0, 0}, 0, 0, NULL, 0},
    };
    static const perdure_category fleeting = {sizeof(perdure_category), PERDURE_EPHEMERAL,
                                              "fleeting", 0, 0};
    static const perdure_table tables[] = {
        {sizeof(perdure_table), 0, "profiles", NULL, profiles, 3},
        {sizeof(perdure_table), 0, "counters", NULL, counters, 2},
        {sizeof(perdure_table), PERDURE_APPEND_ONLY, "events", NULL, events, 3},
        {sizeof(perdure_table), 0, "sparks", "fleeting", counters, 1},
    };
    size_t at = 0;
    perdure_schema* schema = perdure_schema_create();
    REQUIRE_OK(perdure_schema_category(schema, &fleeting, &why));
    for (at = 0; at < sizeof tables / sizeof tables[0]; ++at) {
        REQUIRE_OK(perdure_schema_table(schema, &tables[at], &why));
    }
    return schema;
}

perdure_code try_open(const char* directory, perdure_world** world) {
    perdure_schema* schema = test_schema();
    perdure_code code = perdure_world_open(directory, schema, NULL, world, &why);
    perdure_schema_free(schema);
    return code;
}

perdure_world* open_world(const char* directory) {
    perdure_world* world = NULL;
    REQUIRE_OK(try_open(directory, &world));
    return world;
}

perdure_cells numbers(const char* column, int kind, const void* data) {
    perdure_cells cells = {NULL, {0, 0, 0}, NULL, NULL, NULL};
    cells.column = column;
    cells.type.kind = (uint16_t)kind;
    cells.data = data;
    return cells;
}

perdure_cells texts(const char* column, const char* data, const uint32_t* offsets) {
    perdure_cells cells = numbers(column, PERDURE_TEXT, data);
    cells.offsets = offsets;
    return cells;
}

perdure_cells one_text(const char* column, const char* text) {
    static uint32_t offsets[4][2];
    static size_t next;
    uint32_t* own = offsets[next++ % 4];
    own[0] = 0;
    own[1] = (uint32_t)strlen(text);
    return texts(column, text, own);
}

perdure_code try_put_profile(perdure_world* world, const char* name, int32_t level,
                             const perdure_condition* condition) {
    perdure_transaction* transaction = NULL;
    perdure_cells row[2];
    perdure_commit_options wait = {sizeof wait, 0, 1, 0, 0};
    perdure_code code = PERDURE_OK;
    row[0] = one_text("name", name);
    row[1] = numbers("level", PERDURE_I32, &level);
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    code = perdure_transaction_put(transaction, "profiles", row, 2, 1, condition, &why);
    if (code == PERDURE_OK) code = perdure_transaction_commit(transaction, &wait, NULL, &why);
    perdure_transaction_free(transaction);
    return code;
}

void put_profile(perdure_world* world, const char* name, int32_t level) {
    CHECK_OK(try_put_profile(world, name, level, NULL));
}

void put_counters(perdure_world* world, const uint64_t* ids, const int64_t* values, uint64_t rows) {
    perdure_transaction* transaction = NULL;
    perdure_cells cells[2];
    perdure_commit_options wait = {sizeof wait, 0, 1, 0, 0};
    cells[0] = numbers("id", PERDURE_U64, ids);
    cells[1] = numbers("value", PERDURE_I64, values);
    REQUIRE_OK(perdure_world_begin(world, &transaction, &why));
    CHECK_OK(perdure_transaction_put(transaction, "counters", cells, 2, rows, NULL, &why));
    CHECK_OK(perdure_transaction_commit(transaction, &wait, NULL, &why));
    perdure_transaction_free(transaction);
}

int32_t level_of(perdure_world* world, const char* name) {
    perdure_snapshot* snapshot = NULL;
    perdure_batch* row = NULL;
    perdure_cells key = one_text("name", name);
    perdure_cells level;
    int32_t found = -1;
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    CHECK_OK(perdure_snapshot_find(snapshot, "profiles", &key, 1, &row, &why));
    if (row != NULL) {
        CHECK(perdure_batch_rows(row) == 1);
        REQUIRE_OK(perdure_batch_find_column(row, "level", &level, &why));
        found = *(const int32_t*)level.data;
    }
    perdure_batch_free(row);
    perdure_snapshot_free(snapshot);
    return found;
}

const char* ids_of(const perdure_batch* page) {
    static char text[1024];
    size_t used = 0;
    uint64_t row = 0;
    perdure_cells ids;
    text[0] = '\0';
    REQUIRE_OK(perdure_batch_column(page, 0, &ids, &why));
    for (row = 0; row < perdure_batch_rows(page); ++row) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu", row > 0 ? " " : "",
                                 (unsigned long long)((const uint64_t*)ids.data)[row]);
    }
    return text;
}

const char* all_ids(perdure_world* world) {
    perdure_snapshot* snapshot = NULL;
    perdure_batch* page = NULL;
    const char* ids = NULL;
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "counters", NULL, &page, &why));
    ids = ids_of(page);
    perdure_batch_free(page);
    perdure_snapshot_free(snapshot);
    return ids;
}
