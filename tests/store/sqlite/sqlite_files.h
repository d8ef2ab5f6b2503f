// A store's file under test, seen from inside (a World) and from outside (plain
// SQLite, bytes on disk).
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sqlite3.h>

#include "store/language.h"
#include "store/sqlite/format.h"

namespace perdure::store {

// Opens the same file again and again, with whatever options the test sets.
class FileBackend final : public Backend {
public:
    explicit FileBackend(SqliteStoreOptions options) : options_(std::move(options)) {
        options_.clock = &clock;
    }
    Result<std::unique_ptr<Store>> open() override {
        auto store = SqliteStore::open(options_);
        if (!store.ok()) return store.status();
        return std::unique_ptr<Store>(*std::move(store));
    }

private:
    SqliteStoreOptions options_;
};

// SQLite as another program uses it: without our VFS.
class PlainSqlite {
public:
    explicit PlainSqlite(const std::string& path, int flags = SQLITE_OPEN_READONLY) {
        EXPECT_EQ(sqlite3_open_v2(path.c_str(), &connection_, flags, nullptr), SQLITE_OK);
    }
    ~PlainSqlite() { sqlite3_close(connection_); }
    PlainSqlite(const PlainSqlite&) = delete;
    PlainSqlite& operator=(const PlainSqlite&) = delete;

    // "1|a\n2|b": all rows; or what SQLite says is wrong.
    std::string ask(const std::string& sql) {
        std::string rows;
        const auto add = [](void* to, int count, char** cells, char**) {
            std::string& all = *static_cast<std::string*>(to);
            if (!all.empty()) all += '\n';
            for (int cell = 0; cell < count; ++cell) {
                if (cell > 0) all += '|';
                all += cells[cell] == nullptr ? "NULL" : cells[cell];
            }
            return 0;
        };
        const int outcome = sqlite3_exec(connection_, sql.c_str(), add, &rows, nullptr);
        return outcome == SQLITE_OK ? rows : std::string("failed: ") + sqlite3_errmsg(connection_);
    }

private:
    sqlite3* connection_ = nullptr;
};

inline std::string file_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void overwrite(const std::string& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void flip_byte(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    ASSERT_NE(byte, EOF);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x40));
}

class SqliteTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return directory_.path() + "/store.sqlite"; }
    [[nodiscard]] std::string log_path() const { return path() + "-wal"; }
    [[nodiscard]] std::string directory() const { return directory_.path(); }
    [[nodiscard]] SqliteStoreOptions options() const {
        return {.path = path(),
                .world = test_world(),
                .cache_mib = 8,
                .reader_cache_mib = 2,
                .busy_timeout_ms = 0};
    }
    World open() { return World(std::make_unique<FileBackend>(options())); }
    World open(SqliteStoreOptions changed) {
        return World(std::make_unique<FileBackend>(std::move(changed)));
    }
    Status refused() { return SqliteStore::open(options()).status(); }

    static std::vector<Row> row_range(std::int64_t first, std::int64_t last, float x = 0.5F) {
        std::vector<Row> rows;
        for (std::int64_t id = first; id <= last; ++id) rows.push_back({{"id", id}, {"x", x}});
        return rows;
    }

private:
    io::TemporaryDirectory directory_;
};

}  // namespace perdure::store
