// FaultyMemory: SQLite on a heap whose n-th piece is not to be had. While
// SQLite is not in use: it is shut down and begun anew, before and after.
#pragma once

#include <cstdint>

#include <sqlite3.h>

namespace perdure::store {

// One at a time.
class FaultyMemory {
public:
    FaultyMemory();
    ~FaultyMemory();
    FaultyMemory(const FaultyMemory&) = delete;
    FaultyMemory& operator=(const FaultyMemory&) = delete;

    // As FaultyVfs's.
    void fail(std::uint64_t number, bool for_ever = false);
    void heal() { left_ = 0; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }

private:
    friend struct FaultyMemoryCalls;

    bool meet();

    sqlite3_mem_methods below_{};
    std::uint64_t left_ = 0;  // 0: nothing fails
    bool for_ever_ = false;
    bool has_failed_ = false;
};

}  // namespace perdure::store
