// StoreLife: a store from its making to its closing, in steps that need all of
// it, for tests in which anything may fail anywhere. A step that was
// acknowledged is there; one that was not changed nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/sqlite/sqlite_files.h"

namespace perdure::store {

class StoreLife {
public:
    explicit StoreLife(SqliteStoreOptions options) : options_(std::move(options)) {}

    // What the steps come to if nothing fails.
    void rehearse();
    // Lives on until a step fails. A failure that passes is met by trying again,
    // three times at most; of a store that says that it is broken, by opening it
    // again.
    Status live(bool try_again);
    void close() { store_.reset(); }
    // On a disk that works: the store is closed, opened, and holds what was
    // acknowledged, and no more but the step that failed, as a whole.
    void expect_nothing_lost();
    void remove_files() const;

private:
    using Step = Status (StoreLife::*)();
    static const std::vector<Step>& steps();

    Status open();
    Status define();
    Status fill();
    Status read();
    Status checkpoint();
    Status evolve();
    Status change();
    Status declare_views();
    Status declare_other_views();
    Status empty();
    Status change_beside_a_reader();
    Status take_over();
    Status close_and_open();

    template <typename What>
    Status apply(const std::vector<What>& what);
    // All that can be read, in every way there is.
    Result<std::string> content();
    [[nodiscard]] Fence fence() const { return {owner_epoch_, at_}; }
    void begin_anew();

    const SqliteStoreOptions options_;
    std::unique_ptr<SqliteStore> store_;
    std::vector<std::string> contents_;  // after each step, as rehearsed
    std::size_t done_ = 0;               // steps
    Watermark at_;
    Watermark attempted_;  // by the last apply
    std::uint64_t owner_epoch_ = 1;
    bool evolved_ = false;
};

}  // namespace perdure::store
