// Where the C tests keep their worlds, and a few words to speak to them with.
//
//     perdure_world* world = open_world(HERE);
//     put_profile(world, "ana", 7);
//     CHECK_OK(perdure_world_close(world, &why));
#pragma once

#include "c/check.h"
#include "perdure/c.h"

extern perdure_error why;  // of the last call that was given it

#define CHECK_OK(call) CHECK(is_ok(call))
#define REQUIRE_OK(call) REQUIRE(is_ok(call))
// The code, and a word of the message.
#define CHECK_REFUSED(call, code, word) CHECK(is_refused(call, code, word))

int is_ok(perdure_code code);  // says why, if not
int is_refused(perdure_code code, perdure_code wanted, const char* word);

// A directory of this case, made when first asked for and removed at its end.
const char* place(const char* name);
#define HERE place("world")
void remove_places(void);

// profiles: name text key, level i32, guild text or null; counters: id u64 key, value i64;
// events: at u64 key, seq u32 key, what text, append-only; sparks: id u64 key, ephemeral.
perdure_schema* test_schema(void);
perdure_world* open_world(const char* directory);
perdure_code try_open(const char* directory, perdure_world** world);

// Cells of arrays of the caller's.
perdure_cells numbers(const char* column, int kind, const void* data);
perdure_cells texts(const char* column, const char* data, const uint32_t* offsets);
// Cells of one row; text of up to four at a time.
perdure_cells one_text(const char* column, const char* text);

perdure_code try_put_profile(perdure_world* world, const char* name, int32_t level,
                             const perdure_condition* condition);
void put_profile(perdure_world* world, const char* name, int32_t level);
void put_counters(perdure_world* world, const uint64_t* ids, const int64_t* values, uint64_t rows);
// The level of a profile, or -1.
int32_t level_of(perdure_world* world, const char* name);
// Ids of a page of counters: "1 2 5".
const char* ids_of(const perdure_batch* page);
// The whole table.
const char* all_ids(perdure_world* world);
