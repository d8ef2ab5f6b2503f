// The smallest program that uses an installed Perdure from C: a row goes in and comes out.
#include <stdio.h>
#include <string.h>

#include <perdure/c.h>

static int fail(const perdure_error* error) {
    fprintf(stderr, "%s: %s\n", perdure_code_name(error->code), error->message);
    return 1;
}

int main(void) {
    static const perdure_column columns[] = {
        {"id", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"value", {PERDURE_I64, 0, 0}, 0, 0, NULL, 0},
    };
    static const uint64_t id = 7;
    static const int64_t value = 49;
    const perdure_table table = {sizeof table, 0, "squares", NULL, columns, 2};
    const perdure_cells cells[] = {
        {"id", {PERDURE_U64, 0, 0}, &id, NULL, NULL},
        {"value", {PERDURE_I64, 0, 0}, &value, NULL, NULL},
    };
    perdure_error error;
    perdure_schema* schema = perdure_schema_create();
    perdure_world* world = NULL;
    perdure_batch* row = NULL;
    perdure_cells found;
    if (perdure_c_abi() != PERDURE_C_ABI) return 1;
    if (perdure_schema_table(schema, &table, &error) != PERDURE_OK ||
        perdure_world_open("memory:", schema, NULL, &world, &error) != PERDURE_OK ||
        perdure_transaction_put(perdure_world_tick(world), "squares", cells, 2, 1, NULL, &error) !=
            PERDURE_OK ||
        perdure_transaction_find(perdure_world_tick(world), "squares", cells, 1, &row, &error) !=
            PERDURE_OK ||
        perdure_batch_find_column(row, "value", &found, &error) != PERDURE_OK) {
        return fail(&error);
    }
    if (memcmp(found.data, &value, sizeof value) != 0) return 1;
    perdure_batch_free(row);
    perdure_schema_free(schema);
    if (perdure_world_close(world, &error) != PERDURE_OK) return fail(&error);
    printf("from C: perdure %s\n", perdure_version());
    return 0;
}
