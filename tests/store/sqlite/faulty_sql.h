// FaultySql: SQLite that does not do what it is told: on each connection opened
// while it lives, the n-th thing that statements want to do (reading a column
// is none) is not allowed when they are prepared, or the n-th run of a
// statement is interrupted at its beginning.
#pragma once

#include <cstdint>

#include <sqlite3.h>

namespace perdure::store {

// One at a time.
class FaultySql {
public:
    enum class Where { prepare, run };

    FaultySql();
    ~FaultySql();
    FaultySql(const FaultySql&) = delete;
    FaultySql& operator=(const FaultySql&) = delete;

    // As FaultyVfs's.
    void fail(Where where, std::uint64_t number, bool for_ever = false);
    void heal() { left_ = 0; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }

private:
    friend struct FaultySqlCalls;

    bool meet(Where where);

    Where where_ = Where::prepare;
    std::uint64_t left_ = 0;  // 0: nothing fails
    bool for_ever_ = false;
    bool has_failed_ = false;
};

}  // namespace perdure::store
