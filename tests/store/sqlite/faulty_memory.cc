#include "store/sqlite/faulty_memory.h"

#include "base/assert.h"

namespace perdure::store {
namespace {

FaultyMemory* the_faulty_memory = nullptr;

void must_be_ok(int outcome) { PERDURE_ASSERT(outcome == SQLITE_OK); }

}  // namespace

struct FaultyMemoryCalls {
    static void* take(int bytes) {
        return the_faulty_memory->meet() ? nullptr : the_faulty_memory->below_.xMalloc(bytes);
    }
    static void* take_again(void* piece, int bytes) {
        if (the_faulty_memory->meet()) return nullptr;
        return the_faulty_memory->below_.xRealloc(piece, bytes);
    }
};

FaultyMemory::FaultyMemory() {
    PERDURE_ASSERT(the_faulty_memory == nullptr);
    the_faulty_memory = this;
    must_be_ok(sqlite3_initialize());  // what it chooses is known only then
    must_be_ok(sqlite3_shutdown());
    must_be_ok(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &below_));
    sqlite3_mem_methods methods = below_;
    methods.xMalloc = FaultyMemoryCalls::take;
    methods.xRealloc = FaultyMemoryCalls::take_again;
    must_be_ok(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods));
}

FaultyMemory::~FaultyMemory() {
    heal();
    must_be_ok(sqlite3_shutdown());
    must_be_ok(sqlite3_config(SQLITE_CONFIG_MALLOC, &below_));
    must_be_ok(sqlite3_initialize());
    the_faulty_memory = nullptr;
}

void FaultyMemory::fail(std::uint64_t number, bool for_ever) {
    left_ = number;
    for_ever_ = for_ever;
    has_failed_ = false;
}

bool FaultyMemory::meet() {
    if (left_ == 0) return false;
    if (left_ > 1) {
        --left_;
        return false;
    }
    has_failed_ = true;
    if (!for_ever_) left_ = 0;
    return true;
}

}  // namespace perdure::store
