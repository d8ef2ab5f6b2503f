#include "store/sqlite/faulty_sql.h"

#include "base/assert.h"

namespace perdure::store {
namespace {

FaultySql* the_faulty_sql = nullptr;

}  // namespace

struct FaultySqlCalls {
    static int authorize(void*, int action, const char*, const char*, const char*, const char*) {
        const bool is_part = action == SQLITE_READ || action == SQLITE_FUNCTION;
        if (is_part || the_faulty_sql == nullptr) return SQLITE_OK;
        const bool fails = the_faulty_sql->meet(FaultySql::Where::prepare);
        return fails ? SQLITE_DENY : SQLITE_OK;
    }
    static int begin_run(unsigned, void* connection, void*, void*) {
        const bool fails = the_faulty_sql != nullptr && the_faulty_sql->meet(FaultySql::Where::run);
        if (fails) sqlite3_interrupt(static_cast<sqlite3*>(connection));
        return 0;
    }
    static int watch(sqlite3* connection, char**, const void*) {
        sqlite3_set_authorizer(connection, authorize, nullptr);
        sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, begin_run, connection);
        return SQLITE_OK;
    }
    static void (*entry())() { return reinterpret_cast<void (*)()>(watch); }
};

FaultySql::FaultySql() {
    PERDURE_ASSERT(the_faulty_sql == nullptr);
    the_faulty_sql = this;
    sqlite3_auto_extension(FaultySqlCalls::entry());
}

FaultySql::~FaultySql() {
    sqlite3_cancel_auto_extension(FaultySqlCalls::entry());
    the_faulty_sql = nullptr;
}

void FaultySql::fail(Where where, std::uint64_t number, bool for_ever) {
    where_ = where;
    left_ = number;
    for_ever_ = for_ever;
    has_failed_ = false;
}

bool FaultySql::meet(Where where) {
    if (left_ == 0 || where != where_) return false;
    if (left_ > 1) {
        --left_;
        return false;
    }
    has_failed_ = true;
    if (!for_ever_) left_ = 0;
    return true;
}

}  // namespace perdure::store
