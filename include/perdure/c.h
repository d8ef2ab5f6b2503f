// The C interface: worlds and their tables, for C99 and for every language that can call C.
//
//     perdure_world* world = NULL;
//     perdure_error error;
//     if (perdure_world_open("shard7", schema, NULL, &world, &error) != PERDURE_OK) {
//         fprintf(stderr, "%s\n", error.message);
//     }
//
// Results. A function that can fail returns a perdure_code, and writes the words for it to the
// caller's perdure_error, which may be null. What it gives out goes to the last pointers before
// that one, which are null or 0 after a failure. Null where something must be, or a struct's size
// that is none: PERDURE_INVALID, or 0 from functions without a code. A value that is in no list, or
// a reserved field that is not 0: PERDURE_UNSUPPORTED. Handles that were freed already, arrays that
// are shorter than they were said to be: undefined.
//
// Memory. Every handle has one function that ends it, and takes null. What is handed in is copied
// before the call returns; what is handed out lives as long as the handle that it came from. No
// exception leaves the library: if memory runs out the process ends, as by abort(), and the world
// on the disk is what its journal says.
//
// Structs that begin with `size` are the caller's sizeof, and may grow at their end; 0 and null in
// every other field mean its default. What may change in which release: docs/guide/c.md.
//
// Thread rule: as for the C++ classes. Begin, snapshot, health, trouble: any thread. Everything
// else of a world: its own thread; close only when no other call of that world is under way, and
// not in a token's callback. A schema, transaction or snapshot: one thread at a time. Tokens and
// batches: any.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Raised when something of this header is no longer what it was. 1 until then.
#define PERDURE_C_ABI 1

uint32_t perdure_c_abi(void);       // of the library
const char* perdure_version(void);  // "0.1.0"

// What can go wrong; the same numbers as perdure::Code, which says more of each.
enum perdure_code_value {
    PERDURE_OK = 0,
    PERDURE_INVALID = 1,        // asked for something that can never be right
    PERDURE_NOT_FOUND = 2,      // no such world, table, column or entity
    PERDURE_CONFLICT = 3,       // a condition did not hold, or a tick has reserved the key
    PERDURE_BUSY = 4,           // a limit is reached for now; nothing changed; try again later
    PERDURE_NOT_LOADED = 5,     // a tick's condition on a key that was not prefetched
    PERDURE_READ_ONLY = 6,      // no more commits; perdure_world_trouble() says why
    PERDURE_UNKNOWN = 7,        // accepted; whether it is durable is known after reopening
    PERDURE_LOCKED = 8,         // another process owns the world
    PERDURE_UNSUPPORTED = 9,    // of a newer format, or a newer program
    PERDURE_INCOMPATIBLE = 10,  // the schema and the world differ in a way that is refused
    PERDURE_CORRUPT = 11,       // bytes at rest are not what was written
    PERDURE_NO_SPACE = 12,      // the disk, or the budget for it, is full
    PERDURE_IO = 13,            // a system call failed
    PERDURE_EXPIRED = 14,       // a snapshot was held for too long
    PERDURE_REFUSED = 15        // a rule of the program's own said no
};
typedef int32_t perdure_code;
const char* perdure_code_name(perdure_code code);  // "not_found"; "?" for what is none

typedef struct perdure_error {
    perdure_code code;
    uint32_t message_bytes;  // of the whole message, which is cut where it does not fit
    char message[1016];      // UTF-8, ends with NUL; what is wrong, where, and what to do
} perdure_error;

typedef struct perdure_schema perdure_schema;
typedef struct perdure_world perdure_world;
typedef struct perdure_transaction perdure_transaction;
typedef struct perdure_token perdure_token;
typedef struct perdure_snapshot perdure_snapshot;
typedef struct perdure_batch perdure_batch;

enum perdure_kind {
    PERDURE_BOOL = 1,
    PERDURE_I8 = 2,
    PERDURE_I16 = 3,
    PERDURE_I32 = 4,
    PERDURE_I64 = 5,
    PERDURE_U8 = 6,
    PERDURE_U16 = 7,
    PERDURE_U32 = 8,
    PERDURE_U64 = 9,
    PERDURE_ID = 10,  // an entity: 63 bits
    PERDURE_F32 = 11,
    PERDURE_F64 = 12,
    PERDURE_TEXT = 13,  // UTF-8 without NUL
    PERDURE_JSON = 14,  // text, kept byte for byte
    PERDURE_BYTES = 15,
    PERDURE_UUID = 16,  // 16 bytes
    PERDURE_ARRAY = 17  // a fixed number of elements of one number type
};

typedef struct perdure_type {
    uint16_t kind;
    uint16_t element;  // of arrays: a kind; else 0
    uint32_t count;    // of arrays: 1 to 65535; else 0
} perdure_type;

enum perdure_column_flags {
    PERDURE_KEY = 1,  // keys come first
    PERDURE_NULLABLE = 2
};

typedef struct perdure_column {
    const char* name;
    perdure_type type;
    uint32_t flags;
    uint32_t number;            // as written down in the program; 0: the world gives one
    const void* default_value;  // one cell, as perdure_cells has it (a bool: a byte); or null
    uint64_t default_bytes;
} perdure_column;

enum perdure_table_flags { PERDURE_APPEND_ONLY = 1 };

typedef struct perdure_table {
    uint32_t size;
    uint32_t flags;
    const char* name;
    const char* category;  // null: "world"
    const perdure_column* columns;
    uint64_t column_count;
} perdure_table;

enum perdure_level {
    PERDURE_EPHEMERAL = 0,  // gone with the process
    PERDURE_RELAXED = 1,    // at most an interval is lost
    PERDURE_JOURNAL = 2,    // acknowledged when flushed
    PERDURE_STORED = 3      // acknowledged when the store committed it
};

typedef struct perdure_category {
    uint32_t size;
    int32_t durability;  // a level
    const char* name;
    uint32_t interval_ms;  // of relaxed ones; 0: 1000
    uint32_t reserved;     // 0
} perdure_category;

// What the program knows. Mistakes of one table are told here, of all together when the world is
// opened. A schema is copied by perdure_world_open(), and may be used for many worlds.
perdure_schema* perdure_schema_create(void);
void perdure_schema_free(perdure_schema* schema);
perdure_code perdure_schema_table(perdure_schema* schema, const perdure_table* table,
                                  perdure_error* error);
perdure_code perdure_schema_category(perdure_schema* schema, const perdure_category* category,
                                     perdure_error* error);
// What older worlds have under other names, and columns that are gone for good: evolution.h.
perdure_code perdure_schema_rename_table(perdure_schema* schema, const char* from, const char* to,
                                         perdure_error* error);
perdure_code perdure_schema_rename_column(perdure_schema* schema, const char* table,
                                          const char* from, const char* to, perdure_error* error);
perdure_code perdure_schema_drop_column(perdure_schema* schema, const char* table,
                                        const char* column, perdure_error* error);

enum perdure_world_flags {
    PERDURE_MUST_EXIST = 1,  // do not make a world where there is none
    PERDURE_TAKE_OVER = 2    // the journal is gone: go on from what the store has (world.h)
};

// WorldOptions of world.h, where each is explained. 0: the default that stands there.
typedef struct perdure_world_options {
    uint32_t size;
    uint32_t flags;
    uint64_t journal_bytes_max;
    uint64_t journal_file_bytes;
    uint64_t journal_first_file_bytes;
    uint64_t pending_bytes_max;
    uint64_t index_bytes_max;
    uint64_t drain_bytes;
    uint32_t drain_interval_ms;
    uint32_t journal_files_ahead;
    uint32_t attest_idle_ms;
    uint32_t reserved;                             // 0
    void (*log)(void* context, const char* line);  // from any thread
    void* log_context;
} perdure_world_options;

// What opening found and did.
typedef struct perdure_recovery {
    uint32_t size;
    uint32_t created;  // 1: there was no world here
    uint32_t clean;    // 1: nothing was cut off or replayed, as after close
    uint32_t remarks;  // perdure_world_remark() has their text
    uint64_t replayed_changes;
    uint64_t replayed_bytes;
    uint64_t torn_bytes;
    uint64_t entities;
    double seconds;
} perdure_recovery;

// Health of health.h, where each is explained.
typedef struct perdure_health {
    uint32_t size;
    perdure_code trouble;  // PERDURE_OK, or see perdure_world_trouble()
    uint32_t read_only;
    uint32_t has_tick;
    uint64_t tick;  // the last one accepted
    uint64_t epoch;
    uint64_t accepted_lsn;
    uint64_t durable_lsn;
    uint64_t stored_lsn;
    uint64_t safe_lsn;
    uint64_t pending_changes;
    uint64_t pending_bytes;
    uint64_t index_bytes;
    uint64_t journal_bytes;
    uint64_t journal_files;
    uint64_t store_bytes;
    uint64_t refused_busy;
    uint64_t drains;
    uint64_t rows_drained;
    uint64_t flush_us_last;
} perdure_health;

typedef struct perdure_commit_options {
    uint32_t size;
    int32_t level;      // raises the durability of this commit; never lowers it
    uint32_t wait;      // 1: return when the level is reached; a failure to is PERDURE_UNKNOWN
    uint32_t reserved;  // 0
    uint64_t tick;      // number of the tick that ends; 0: the next
} perdure_commit_options;

// "memory:" is a world that is kept nowhere. `options` may be null.
perdure_code perdure_world_open(const char* directory, const perdure_schema* schema,
                                const perdure_world_options* options, perdure_world** world,
                                perdure_error* error);
// Flushes, drains, closes. The handle is gone afterwards whatever is returned, but for one case:
// PERDURE_CONFLICT, and nothing happened, while transactions, snapshots or batches of the world are
// not freed. Tokens may stay. What is staged in the tick is dropped.
perdure_code perdure_world_close(perdure_world* world, perdure_error* error);

perdure_code perdure_world_recovery(const perdure_world* world, perdure_recovery* recovery,
                                    perdure_error* error);
const char* perdure_world_remark(const perdure_world* world, uint32_t index);  // null: no such
perdure_code perdure_world_health(const perdure_world* world, perdure_health* health,
                                  perdure_error* error);
// PERDURE_OK, or why the world is read-only or its store is behind.
perdure_code perdure_world_trouble(const perdure_world* world, perdure_error* error);
// Of all rows that are not ephemeral, as of the last commit: 32 hex digits. Waits for the store.
perdure_code perdure_world_digest(perdure_world* world, char digest[33], perdure_error* error);
// A table while the world runs; see World::declare.
perdure_code perdure_world_declare(perdure_world* world, const perdure_table* table,
                                   perdure_error* error);

// The tick being built: the world's own, not to be freed, ended by perdure_world_commit().
perdure_transaction* perdure_world_tick(perdure_world* world);
uint64_t perdure_world_next_tick(const perdure_world* world);
// `options` may be null, and so may `token`. After a refusal (PERDURE_BUSY, _READ_ONLY, _NO_SPACE,
// _INVALID: an older tick, _CONFLICT: the last tick again, with other content) everything that is
// staged and marked stays for the next one, and so does the tick's number. PERDURE_UNKNOWN, with
// `wait`: it was accepted.
perdure_code perdure_world_commit(perdure_world* world, const perdure_commit_options* options,
                                  perdure_token** token, perdure_error* error);
uint64_t perdure_world_poll(perdure_world* world);  // runs callbacks of tokens; how many

// Entities: ids that are never used again, for columns of the kind PERDURE_ID.
enum perdure_entity_kind { PERDURE_PLAIN = 0, PERDURE_GLOBAL = 1, PERDURE_PLAYER = 2 };

// `count` new ones, durable with the next commit. `parent` 0: roots. All, or none:
// PERDURE_NOT_FOUND (the parent is dead), or what perdure_world_trouble() says, or PERDURE_BUSY.
perdure_code perdure_entities_create(perdure_world* world, int32_t kind, uint64_t parent,
                                     uint64_t* entities, uint64_t count, perdure_error* error);
// With its tree; players below it become roots. Rows of tables are the program's to erase.
// PERDURE_NOT_FOUND: not alive; PERDURE_INVALID: it is the world itself.
perdure_code perdure_entity_destroy(perdure_world* world, uint64_t entity, perdure_error* error);
// `parent` 0: a root. PERDURE_NOT_FOUND: one of them is not alive; PERDURE_INVALID: it is the world
// itself, or the parent is below it.
perdure_code perdure_entity_set_parent(perdure_world* world, uint64_t entity, uint64_t parent,
                                       perdure_error* error);
int perdure_entity_alive(const perdure_world* world, uint64_t entity);
uint64_t perdure_entity_parent(const perdure_world* world, uint64_t entity);  // 0: none, or dead
uint64_t perdure_entities_count(const perdure_world* world);  // alive, the world included

// One column of some rows, laid out as Apache Arrow prescribes; the same for writing and reading.
//
//   numbers, ids, uuid, arrays   one after the other, little endian
//   bool                         bits: row i is bit i % 8 of byte i / 8
//   text, json, bytes            all bytes one after the other; row i is offsets[i]..offsets[i + 1]
typedef struct perdure_cells {
    const char* column;
    perdure_type type;  // must be the column's; nothing is converted
    const void* data;
    const uint32_t* offsets;  // rows + 1 of them; null for fixed widths
    const uint8_t* validity;  // bits: 0 is null; or null where no row is
} perdure_cells;

enum perdure_condition_kind {
    PERDURE_ALWAYS = 0,
    PERDURE_IF_ABSENT = 1,  // create only
    PERDURE_IF_PRESENT = 2,
    PERDURE_IF_EQUAL = 3  // compare and set: row i is there, and has row i of `cells`
};

// What must hold of each row that is there.
typedef struct perdure_condition {
    uint32_t size;
    int32_t kind;
    const perdure_cells* cells;
    uint64_t cell_count;
} perdure_condition;

// A transaction of its own, any thread; see transaction.h.
perdure_code perdure_world_begin(perdure_world* world, perdure_transaction** transaction,
                                 perdure_error* error);
void perdure_transaction_free(perdure_transaction* transaction);  // uncommitted: nothing happened
// Stage all `rows` rows, or none. Columns that are not named take their default; a put replaces
// whole rows. `condition` may be null. PERDURE_NOT_FOUND: no such table or column; PERDURE_INVALID:
// cells that are not the column's, or rows that can never be. In a tick, whose conditions are
// judged at once: PERDURE_CONFLICT, PERDURE_NOT_LOADED; keys of rows before the refused one stay
// reserved until its commit.
perdure_code perdure_transaction_put(perdure_transaction* transaction, const char* table,
                                     const perdure_cells* cells, uint64_t cell_count, uint64_t rows,
                                     const perdure_condition* condition, perdure_error* error);
perdure_code perdure_transaction_append(perdure_transaction* transaction, const char* table,
                                        const perdure_cells* cells, uint64_t cell_count,
                                        uint64_t rows, perdure_error* error);
perdure_code perdure_transaction_erase(perdure_transaction* transaction, const char* table,
                                       const perdure_cells* key, uint64_t key_count, uint64_t rows,
                                       const perdure_condition* condition, perdure_error* error);
// The row as it will be once this is committed. PERDURE_OK and a null batch: there is none.
perdure_code perdure_transaction_find(perdure_transaction* transaction, const char* table,
                                      const perdure_cells* key, uint64_t key_count,
                                      perdure_batch** row, perdure_error* error);
// Ticks only: reads keys from the store, so that conditions on them can be judged.
perdure_code perdure_transaction_prefetch(perdure_transaction* transaction, const char* table,
                                          const perdure_cells* key, uint64_t key_count,
                                          uint64_t rows, perdure_error* error);
// Not for the tick. After PERDURE_OK, and after PERDURE_UNKNOWN (with `wait`: it was accepted), it
// is empty and may be used again; after a refusal (PERDURE_CONFLICT, _BUSY, _READ_ONLY, _NO_SPACE)
// it is as it was. PERDURE_INVALID: nothing is staged, or a tick was named.
perdure_code perdure_transaction_commit(perdure_transaction* transaction,
                                        const perdure_commit_options* options,
                                        perdure_token** token, perdure_error* error);

// A commit on its way: see token.h. May outlive the world.
void perdure_token_free(perdure_token* token);
uint64_t perdure_token_lsn(const perdure_token* token);
uint64_t perdure_token_tick(const perdure_token* token);  // 0: it ended none
int32_t perdure_token_level(const perdure_token* token);  // that it completes at
int perdure_token_done(const perdure_token* token);
// PERDURE_OK: reached; PERDURE_BUSY: on its way; PERDURE_UNKNOWN: it cannot be said.
perdure_code perdure_token_status(const perdure_token* token, perdure_error* error);
perdure_code perdure_token_wait(const perdure_token* token, perdure_error* error);
perdure_code perdure_token_wait_for(const perdure_token* token, int32_t level,
                                    perdure_error* error);
// Calls back in perdure_world_poll() once it is done, with what perdure_token_status() says then.
// The token may be freed before. Not called if the world is closed first.
perdure_code perdure_token_then(const perdure_token* token,
                                void (*callback)(void* context, const perdure_error* status),
                                void* context, perdure_error* error);

enum perdure_snapshot_flags { PERDURE_DURABLE_ONLY = 1 };

// Rows in key order: at or behind `from`, before `until`; keys of one row each, or null.
typedef struct perdure_scan {
    uint32_t size;
    uint32_t limit;  // rows of a page; 0: 10,000
    const perdure_cells* from;
    uint64_t from_count;
    const perdure_cells* until;
    uint64_t until_count;
    const perdure_batch* after;  // the page before this one; then `from` is past and not looked at
} perdure_scan;

// A view of every table at one LSN. After 30 s it answers PERDURE_EXPIRED.
perdure_code perdure_world_snapshot(perdure_world* world, uint32_t flags,
                                    perdure_snapshot** snapshot, perdure_error* error);
void perdure_snapshot_free(perdure_snapshot* snapshot);
uint64_t perdure_snapshot_lsn(const perdure_snapshot* snapshot);
// PERDURE_OK and a null batch: there is no such row.
perdure_code perdure_snapshot_find(perdure_snapshot* snapshot, const char* table,
                                   const perdure_cells* key, uint64_t key_count,
                                   perdure_batch** row, perdure_error* error);
// `scan` may be null: the first page. A page of no rows is the end.
perdure_code perdure_snapshot_scan(perdure_snapshot* snapshot, const char* table,
                                   const perdure_scan* scan, perdure_batch** page,
                                   perdure_error* error);

// Rows that were read.
void perdure_batch_free(perdure_batch* batch);
uint64_t perdure_batch_rows(const perdure_batch* batch);
uint64_t perdure_batch_columns(const perdure_batch* batch);
// By position, in the order of the table, keys first; or by name, in any case: PERDURE_NOT_FOUND.
// The pointers in `cells` are into the batch.
perdure_code perdure_batch_column(const perdure_batch* batch, uint64_t index, perdure_cells* cells,
                                  perdure_error* error);
perdure_code perdure_batch_find_column(const perdure_batch* batch, const char* name,
                                       perdure_cells* cells, perdure_error* error);

#ifdef __cplusplus
}
#endif
