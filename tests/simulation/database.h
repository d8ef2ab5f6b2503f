// Database: SQLite on a DiskVfs, without anything of ours in between; for the tests of DiskVfs.
//
// Thread rule: one thread. It goes before its DiskVfs.
#pragma once

#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "simulation/disk_vfs.h"

namespace perdure::simulation {

inline constexpr const char* data_path = "world/data.sqlite";

// A connection; what it answers is SQLite's extended code.
class Database {
public:
    explicit Database(const DiskVfs& vfs, int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
        opened_ = sqlite3_open_v2(data_path, &connection_, flags, vfs.name().c_str());
        sqlite3_extended_result_codes(connection_, 1);
        sqlite3_wal_autocheckpoint(connection_, 0);
    }
    ~Database() { EXPECT_EQ(sqlite3_close(connection_), SQLITE_OK); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] int opened() const { return opened_; }
    int run(const std::string& sql) {
        return sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
    }
    // The first column of all rows, with a space before each; or the error.
    std::string ask(const std::string& sql) {
        std::string all;
        const auto take = [](void* to, int, char** cells, char**) {
            static_cast<std::string*>(to)->append(" ").append(cells[0] ? cells[0] : "NULL");
            return 0;
        };
        const int code = sqlite3_exec(connection_, sql.c_str(), take, &all, nullptr);
        return code == SQLITE_OK ? all : sqlite3_errmsg(connection_);
    }
    int checkpoint() {
        return sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                         nullptr);
    }
    // Closing leaves the log as it is.
    void leave_log() {
        sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }

private:
    int opened_ = SQLITE_ERROR;
    sqlite3* connection_ = nullptr;
};

// A disk that can crash and fail, with SQLite on it.
struct DiskVfsTest : ::testing::Test {
    DiskVfsTest() {
        EXPECT_TRUE(disk.create_directory("world").ok());
        EXPECT_TRUE(disk.sync_directory("").ok());
    }

    io::MemoryFileSystem disk;
    io::FaultyFileSystem faulty{disk};
    io::ManualClock clock;
    DiskVfs vfs{faulty, clock, 1};
};

}  // namespace perdure::simulation
