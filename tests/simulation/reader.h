// Reader: somebody who reads a snapshot page by page while the world goes on. What it shows is what
// was there when it was taken, whatever is committed, drained, trimmed or declared between two
// pages (I-12).
//
// Thread rule: one thread. It must end before its world.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"
#include "perdure/snapshot.h"
#include "simulation/model.h"

namespace perdure::simulation {

class Reader {
public:
    // Of the newest accepted change set, or the newest durable one. `wrong` if it shows another.
    static Result<std::unique_ptr<Reader>> open(engine::Engine& engine, const Model& model,
                                                bool durable_only);

    // Reads a page, or looks for a row. True once every table was read to its end.
    Result<bool> step(Random& random);
    [[nodiscard]] Lsn lsn() const noexcept { return snapshot_.lsn(); }
    // Whether it may answer `expired`.
    [[nodiscard]] bool is_old() const;

private:
    Reader(engine::Engine& engine, Snapshot snapshot, std::shared_ptr<const State> state,
           bool durable_only);
    Status look_up(Random& random);
    Status judge(const std::string& table, const Rows& found) const;
    // Nothing: the table came later. Null: what the snapshot shows of it is not laid down.
    [[nodiscard]] const Rows* expected(const std::string& table) const;

    // Constant after construction.
    engine::Engine& engine_;
    const std::shared_ptr<const State> state_;
    const bool durable_only_;
    const std::uint64_t opened_ns_;

    Snapshot snapshot_;
    std::set<std::string> done_;
    std::string table_;  // that is being read; empty: none
    std::vector<std::size_t> columns_;
    Batch page_;
    Rows rows_;
};

}  // namespace perdure::simulation
