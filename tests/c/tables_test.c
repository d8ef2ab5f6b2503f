// Tables and categories as C programs declare them.
#include <string.h>

#include "c/home.h"

static const perdure_column key_only[] = {{"id", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0}};

static perdure_code declare_columns(const perdure_column* columns, uint64_t count) {
    perdure_schema* schema = perdure_schema_create();
    perdure_table table = {sizeof table, 0, "things", NULL, NULL, 0};
    perdure_code code = PERDURE_OK;
    table.columns = columns;
    table.column_count = count;
    code = perdure_schema_table(schema, &table, &why);
    perdure_schema_free(schema);
    return code;
}

static perdure_code declare_column(const char* name, perdure_type type, uint32_t flags) {
    perdure_column columns[2];
    columns[0] = key_only[0];
    columns[1] = key_only[0];
    columns[1].name = name;
    columns[1].type = type;
    columns[1].flags = flags;
    return declare_columns(columns, 2);
}

// The cells of a batch that was read must be those that were written.
static void check_same_cells(const perdure_cells* read, const perdure_cells* written,
                             size_t bytes) {
    CHECK(strcmp(read->column, written->column) == 0);
    CHECK(memcmp(&read->type, &written->type, sizeof read->type) == 0);
    CHECK(memcmp(read->data, written->data, bytes) == 0);
}

static void every_kind_of_column_comes_back_as_it_went_in(void) {
    static const uint64_t ids[] = {7, 8};
    static const uint8_t bools[] = {2};  // false, true
    static const int8_t i8s[] = {-128, 127};
    static const int16_t i16s[] = {-32768, 32767};
    static const int32_t i32s[] = {INT32_MIN, INT32_MAX};
    static const int64_t i64s[] = {INT64_MIN, INT64_MAX};
    static const uint8_t u8s[] = {0, 255};
    static const uint16_t u16s[] = {0, 65535};
    static const uint32_t u32s[] = {0, UINT32_MAX};
    static const uint64_t u64s[] = {0, UINT64_MAX};
    static const uint64_t entities[] = {1, 0x7fffffffffffffffu};
    static const float f32s[] = {-0.5f, 3e38f};
    static const double f64s[] = {-0.5, 1e300};
    static const char text[] = "anaM\xc3\xbcller";
    static const char json[] = "{}[1]";
    static const unsigned char bytes[] = {0, 1, 255};
    static const char uuids[] = "0123456789abcdefFEDCBA9876543210";
    static const float arrays[] = {1, 2, 3, 4, 5, 6};
    static const uint32_t text_offsets[] = {0, 3, 10};
    static const uint32_t json_offsets[] = {0, 2, 5};
    static const uint32_t bytes_offsets[] = {0, 3, 3};
    static const size_t sizes[] = {16, 1, 2, 4, 8, 16, 2, 4, 8, 16, 16, 8, 16, 10, 5, 3, 32, 24};
    const perdure_cells written[] = {
        {"id", {PERDURE_U64, 0, 0}, ids, NULL, NULL},
        {"c_bool", {PERDURE_BOOL, 0, 0}, bools, NULL, NULL},
        {"c_i8", {PERDURE_I8, 0, 0}, i8s, NULL, NULL},
        {"c_i16", {PERDURE_I16, 0, 0}, i16s, NULL, NULL},
        {"c_i32", {PERDURE_I32, 0, 0}, i32s, NULL, NULL},
        {"c_i64", {PERDURE_I64, 0, 0}, i64s, NULL, NULL},
        {"c_u8", {PERDURE_U8, 0, 0}, u8s, NULL, NULL},
        {"c_u16", {PERDURE_U16, 0, 0}, u16s, NULL, NULL},
        {"c_u32", {PERDURE_U32, 0, 0}, u32s, NULL, NULL},
        {"c_u64", {PERDURE_U64, 0, 0}, u64s, NULL, NULL},
        {"c_id", {PERDURE_ID, 0, 0}, entities, NULL, NULL},
        {"c_f32", {PERDURE_F32, 0, 0}, f32s, NULL, NULL},
        {"c_f64", {PERDURE_F64, 0, 0}, f64s, NULL, NULL},
        {"c_text", {PERDURE_TEXT, 0, 0}, text, text_offsets, NULL},
        {"c_json", {PERDURE_JSON, 0, 0}, json, json_offsets, NULL},
        {"c_bytes", {PERDURE_BYTES, 0, 0}, bytes, bytes_offsets, NULL},
        {"c_uuid", {PERDURE_UUID, 0, 0}, uuids, NULL, NULL},
        {"c_array", {PERDURE_ARRAY, PERDURE_F32, 3}, arrays, NULL, NULL},
    };
    enum { count = sizeof written / sizeof written[0] };
    perdure_column columns[count];
    perdure_table table = {sizeof table, 0, "kinds", NULL, NULL, count};
    perdure_schema* schema = perdure_schema_create();
    perdure_world* world = NULL;
    perdure_snapshot* snapshot = NULL;
    perdure_batch* page = NULL;
    perdure_cells read;
    size_t at = 0;
    for (at = 0; at < count; ++at) {
        perdure_column column = {NULL, {0, 0, 0}, 0, 0, NULL, 0};
        column.name = written[at].column;
        column.type = written[at].type;
        if (at == 0) column.flags = PERDURE_KEY;
        columns[at] = column;
    }
    table.columns = columns;
    REQUIRE_OK(perdure_schema_table(schema, &table, &why));
    REQUIRE_OK(perdure_world_open(HERE, schema, NULL, &world, &why));
    REQUIRE_OK(
        perdure_transaction_put(perdure_world_tick(world), "kinds", written, count, 2, NULL, &why));
    REQUIRE_OK(perdure_world_commit(world, NULL, NULL, &why));
    CHECK_OK(perdure_world_close(world, &why));
    REQUIRE_OK(perdure_world_open(HERE, schema, NULL, &world, &why));  // and from the store
    perdure_schema_free(schema);
    REQUIRE_OK(perdure_world_snapshot(world, 0, &snapshot, &why));
    REQUIRE_OK(perdure_snapshot_scan(snapshot, "kinds", NULL, &page, &why));
    REQUIRE(perdure_batch_rows(page) == 2);
    CHECK(perdure_batch_columns(page) == count);
    for (at = 0; at < count; ++at) {
        REQUIRE_OK(perdure_batch_column(page, at, &read, &why));
        check_same_cells(&read, &written[at], sizes[at]);
        CHECK(read.validity == NULL);
        CHECK((read.offsets == NULL) == (written[at].offsets == NULL));
        if (read.offsets != NULL) CHECK(memcmp(read.offsets, written[at].offsets, 12) == 0);
    }
    perdure_batch_free(page);
    perdure_snapshot_free(snapshot);
    CHECK_OK(perdure_world_close(world, &why));
}

static void columns_that_are_not_named_take_their_default(void) {
    static const int32_t forty = 40;
    static const uint8_t yes = 1;
    static const uint64_t id = 1;
    const perdure_column columns[] = {
        key_only[0],
        {"level", {PERDURE_I32, 0, 0}, 0, 0, &forty, 4},
        {"name", {PERDURE_TEXT, 0, 0}, 0, 0, "nobody", 6},
        {"online", {PERDURE_BOOL, 0, 0}, 0, 0, &yes, 1},
        {"coins", {PERDURE_I64, 0, 0}, 0, 9, NULL, 0},
        {"guild", {PERDURE_TEXT, 0, 0}, PERDURE_NULLABLE, 0, NULL, 0},
    };
    const perdure_table table = {sizeof table, 0, "things", NULL, columns, 6};
    perdure_world* world = open_world("memory:");
    perdure_cells key = numbers("id", PERDURE_U64, &id);
    perdure_batch* row = NULL;
    perdure_cells read;
    REQUIRE_OK(perdure_world_declare(world, &table, &why));
    REQUIRE_OK(
        perdure_transaction_put(perdure_world_tick(world), "things", &key, 1, 1, NULL, &why));
    REQUIRE_OK(perdure_transaction_find(perdure_world_tick(world), "things", &key, 1, &row, &why));
    REQUIRE(row != NULL);
    REQUIRE_OK(perdure_batch_find_column(row, "LEVEL", &read, &why));  // in any case
    CHECK(*(const int32_t*)read.data == 40);
    REQUIRE_OK(perdure_batch_find_column(row, "name", &read, &why));
    CHECK(read.offsets[1] == 6 && memcmp(read.data, "nobody", 6) == 0);
    REQUIRE_OK(perdure_batch_find_column(row, "online", &read, &why));
    CHECK((*(const uint8_t*)read.data & 1) == 1);
    REQUIRE_OK(perdure_batch_find_column(row, "coins", &read, &why));
    CHECK(*(const int64_t*)read.data == 0);
    REQUIRE_OK(perdure_batch_find_column(row, "guild", &read, &why));
    CHECK(read.validity != NULL && (read.validity[0] & 1) == 0);
    perdure_batch_free(row);
    CHECK_OK(perdure_world_close(world, &why));
}

static void mistakes_in_columns_are_told_at_once(void) {
    static const perdure_type u64 = {PERDURE_U64, 0, 0};
    static const perdure_type none = {0, 0, 0};
    static const perdure_type later = {18, 0, 0};
    static const perdure_type counted = {PERDURE_U64, 0, 3};
    static const perdure_type no_elements = {PERDURE_ARRAY, PERDURE_F32, 0};
    static const perdure_type texts_in_it = {PERDURE_ARRAY, PERDURE_TEXT, 3};
    static const perdure_type later_in_it = {PERDURE_ARRAY, 99, 3};
    static const perdure_type f64 = {PERDURE_F64, 0, 0};
    CHECK_REFUSED(declare_column(NULL, u64, 0), PERDURE_INVALID, "name is null");
    CHECK_REFUSED(declare_column("1st", u64, 0), PERDURE_INVALID, "1st");
    CHECK_REFUSED(declare_column("ID", u64, 0), PERDURE_INVALID, "two columns");
    CHECK_REFUSED(declare_column("x", none, 0), PERDURE_INVALID, "kind is 0");
    CHECK_REFUSED(declare_column("x", later, 0), PERDURE_UNSUPPORTED, "kind 18");
    CHECK_REFUSED(declare_column("x", counted, 0), PERDURE_INVALID, "only arrays");
    CHECK_REFUSED(declare_column("x", no_elements, 0), PERDURE_INVALID, "1 to 65535");
    CHECK_REFUSED(declare_column("x", texts_in_it, 0), PERDURE_INVALID, "1 to 65535");
    CHECK_REFUSED(declare_column("x", later_in_it, 0), PERDURE_UNSUPPORTED, "kind 99");
    CHECK_REFUSED(declare_column("x", f64, PERDURE_KEY), PERDURE_INVALID, "key");
    CHECK_REFUSED(declare_column("x", u64, PERDURE_KEY | PERDURE_NULLABLE), PERDURE_INVALID,
                  "null");
    CHECK_REFUSED(declare_column("x", u64, 4), PERDURE_UNSUPPORTED, "column flags 0x4");
    CHECK_OK(declare_column("x", f64, PERDURE_NULLABLE));
}

static void mistakes_in_defaults_and_numbers_are_told_at_once(void) {
    static const uint32_t four = 4;
    perdure_column columns[2];
    columns[0] = key_only[0];
    columns[1] = key_only[0];
    columns[1].name = "x";
    columns[1].flags = 0;
    columns[1].default_bytes = 4;
    CHECK_REFUSED(declare_columns(columns, 2), PERDURE_INVALID, "without a default_value");
    columns[1].default_value = &four;
    CHECK_REFUSED(declare_columns(columns, 2), PERDURE_INVALID, "is no u64");
    columns[1].default_bytes = UINT64_MAX;
    CHECK_REFUSED(declare_columns(columns, 2), PERDURE_INVALID, "at most 1048576");
    columns[1].type.kind = PERDURE_TEXT;
    columns[1].default_value = "\xff\xff";
    columns[1].default_bytes = 2;
    CHECK_REFUSED(declare_columns(columns, 2), PERDURE_INVALID, "is no text");
    columns[1].default_value = NULL;
    columns[1].default_bytes = 0;
    columns[1].number = 65536;
    CHECK_REFUSED(declare_columns(columns, 2), PERDURE_INVALID, "number");
    columns[1].number = 5;
    CHECK_OK(declare_columns(columns, 2));
    columns[1].flags = PERDURE_KEY;
    columns[0].flags = 0;
    CHECK_REFUSED(declare_columns(columns, 2), PERDURE_INVALID, "key after a column");
}

static void mistakes_in_tables_are_told_at_once(void) {
    perdure_table table = {sizeof table, 0, "things", NULL, key_only, 1};
    perdure_schema* schema = perdure_schema_create();
    perdure_world* world = NULL;
    CHECK_OK(perdure_schema_table(schema, &table, &why));
    table.name = NULL;
    CHECK_REFUSED(perdure_schema_table(schema, &table, &why), PERDURE_INVALID, "name is null");
    table.name = "_ours";
    CHECK_REFUSED(perdure_schema_table(schema, &table, &why), PERDURE_INVALID, "_ours");
    table.name = "more";
    table.columns = NULL;
    CHECK_REFUSED(perdure_schema_table(schema, &table, &why), PERDURE_INVALID, "columns is null");
    table.columns = key_only;
    table.column_count = 0;
    CHECK_REFUSED(perdure_schema_table(schema, &table, &why), PERDURE_INVALID, "0 key columns");
    table.column_count = UINT64_MAX;
    CHECK_REFUSED(perdure_schema_table(schema, &table, &why), PERDURE_INVALID, "at most 1000");
    table.column_count = 1;
    table.flags = 2;
    CHECK_REFUSED(perdure_schema_table(schema, &table, &why), PERDURE_UNSUPPORTED, "table flags");
    table.flags = 0;
    // What only all of them together say is said when the world is opened.
    table.category = "nowhere";
    CHECK_OK(perdure_schema_table(schema, &table, &why));
    CHECK_REFUSED(perdure_world_open("memory:", schema, NULL, &world, &why), PERDURE_INVALID,
                  "nowhere");
    CHECK(world == NULL);
    perdure_schema_free(schema);
}

static void categories_have_a_level_and_an_interval(void) {
    perdure_category category = {sizeof category, PERDURE_RELAXED, "slow", 500, 0};
    perdure_schema* schema = perdure_schema_create();
    CHECK_OK(perdure_schema_category(schema, &category, &why));
    category.interval_ms = 60001;
    CHECK_REFUSED(perdure_schema_category(schema, &category, &why), PERDURE_INVALID, "interval");
    category.interval_ms = 0;
    category.durability = 4;
    CHECK_REFUSED(perdure_schema_category(schema, &category, &why), PERDURE_UNSUPPORTED, "level 4");
    category.durability = -1;
    CHECK_REFUSED(perdure_schema_category(schema, &category, &why), PERDURE_UNSUPPORTED,
                  "level -1");
    category.durability = PERDURE_STORED;
    category.reserved = 1;
    CHECK_REFUSED(perdure_schema_category(schema, &category, &why), PERDURE_UNSUPPORTED,
                  "reserved");
    category.reserved = 0;
    category.name = NULL;
    CHECK_REFUSED(perdure_schema_category(schema, &category, &why), PERDURE_INVALID, "name");
    perdure_schema_free(schema);
}

// A world of things(id, note), then programs with other names for them.
static void names_may_change_and_columns_may_go(void) {
    static const perdure_column old_columns[] = {
        {"id", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"note", {PERDURE_I64, 0, 0}, 0, 0, NULL, 0},
        {"rest", {PERDURE_I64, 0, 0}, 0, 0, NULL, 0},
    };
    static const perdure_column new_columns[] = {
        {"id", {PERDURE_U64, 0, 0}, PERDURE_KEY, 0, NULL, 0},
        {"value", {PERDURE_I64, 0, 0}, 0, 0, NULL, 0},
    };
    static const uint64_t id = 5;
    static const int64_t note = 55;
    const perdure_table old_table = {sizeof old_table, 0, "things", NULL, old_columns, 3};
    const perdure_table new_table = {sizeof new_table, 0, "items", NULL, new_columns, 2};
    perdure_schema* schema = perdure_schema_create();
    perdure_world* world = NULL;
    perdure_cells cells[2];
    perdure_batch* row = NULL;
    perdure_cells read;
    cells[0] = numbers("id", PERDURE_U64, &id);
    cells[1] = numbers("note", PERDURE_I64, &note);
    REQUIRE_OK(perdure_schema_table(schema, &old_table, &why));
    REQUIRE_OK(perdure_world_open(HERE, schema, NULL, &world, &why));
    REQUIRE_OK(
        perdure_transaction_put(perdure_world_tick(world), "things", cells, 2, 1, NULL, &why));
    REQUIRE_OK(perdure_world_commit(world, NULL, NULL, &why));
    CHECK_OK(perdure_world_close(world, &why));
    perdure_schema_free(schema);

    schema = perdure_schema_create();
    REQUIRE_OK(perdure_schema_table(schema, &new_table, &why));
    CHECK_OK(perdure_schema_rename_table(schema, "things", "items", &why));
    CHECK_OK(perdure_schema_rename_column(schema, "items", "note", "value", &why));
    CHECK_OK(perdure_schema_drop_column(schema, "items", "rest", &why));
    REQUIRE_OK(perdure_world_open(HERE, schema, NULL, &world, &why));
    REQUIRE_OK(perdure_transaction_find(perdure_world_tick(world), "items", cells, 1, &row, &why));
    REQUIRE(row != NULL);
    REQUIRE_OK(perdure_batch_find_column(row, "value", &read, &why));
    CHECK(*(const int64_t*)read.data == 55);
    perdure_batch_free(row);
    CHECK_OK(perdure_world_close(world, &why));
    perdure_schema_free(schema);
}

static const test_case cases[] = {
    {"every_kind_of_column_comes_back_as_it_went_in",
     every_kind_of_column_comes_back_as_it_went_in},
    {"columns_that_are_not_named_take_their_default",
     columns_that_are_not_named_take_their_default},
    {"mistakes_in_columns_are_told_at_once", mistakes_in_columns_are_told_at_once},
    {"mistakes_in_defaults_and_numbers_are_told_at_once",
     mistakes_in_defaults_and_numbers_are_told_at_once},
    {"mistakes_in_tables_are_told_at_once", mistakes_in_tables_are_told_at_once},
    {"categories_have_a_level_and_an_interval", categories_have_a_level_and_an_interval},
    {"names_may_change_and_columns_may_go", names_may_change_and_columns_may_go},
};
TEST_SUITE(tables_suite, cases);
