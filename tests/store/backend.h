// The stores under test, made the same way: a Backend opens its store again and again on the same
// content.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "io/clock.h"
#include "io/temporary_directory.h"
#include "store/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::store {

inline Uuid test_world() {
    Uuid world;
    for (std::size_t index = 0; index < world.bytes.size(); ++index)
        world.bytes[index] = std::byte(index + 1);
    return world;
}

class Backend {
public:
    virtual ~Backend() = default;
    virtual Result<std::unique_ptr<Store>> open() = 0;

    io::ManualClock clock;
};

class MemoryBackend final : public Backend {
public:
    Result<std::unique_ptr<Store>> open() override {
        return std::unique_ptr<Store>(std::make_unique<MemoryStore>(storage_, &clock));
    }

private:
    std::shared_ptr<MemoryStorage> storage_ = std::make_shared<MemoryStorage>();
};

class SqliteBackend final : public Backend {
public:
    Result<std::unique_ptr<Store>> open() override {
        auto store = SqliteStore::open({.path = directory_.path() + "/store.sqlite",
                                        .world = test_world(),
                                        .cache_mib = 8,
                                        .reader_cache_mib = 2,
                                        .clock = &clock});
        if (!store.ok()) return store.status();
        return std::unique_ptr<Store>(*std::move(store));
    }

private:
    io::TemporaryDirectory directory_;
};

struct BackendMaker {
    std::string name;
    std::unique_ptr<Backend> (*make)();
};

inline BackendMaker memory_backend() {
    return {"memory",
            []() -> std::unique_ptr<Backend> { return std::make_unique<MemoryBackend>(); }};
}

inline BackendMaker sqlite_backend() {
    return {"sqlite",
            []() -> std::unique_ptr<Backend> { return std::make_unique<SqliteBackend>(); }};
}

inline auto every_backend() { return testing::Values(memory_backend(), sqlite_backend()); }

inline std::string backend_name(const testing::TestParamInfo<BackendMaker>& info) {
    return info.param.name;
}

inline void PrintTo(const BackendMaker& maker, std::ostream* to) { *to << maker.name; }

}  // namespace perdure::store
