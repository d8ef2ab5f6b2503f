// The fixture of the engine's own tests: an engine that is stepped by hand, and a table of names.
#pragma once

#include <cstdint>

#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {

class EngineTest : public testing::Test {
protected:
    Token put(std::int64_t value, const CommitOptions& options = {}) {
        return live_.commit(live_.change().put("names", {"ana", value}), options);
    }
    void pass(std::uint64_t milliseconds) { live_.clock.advance_ns(milliseconds * 1'000'000); }
    Rows stored() {
        auto snapshot = live_.store->snapshot();
        return rows_of(*(*snapshot)->scan(*live_->catalog().find("names"), nullptr, 0, 1000));
    }
    bool step_store() {
        auto stepped = live_->step_store();
        EXPECT_TRUE(stepped.ok()) << stepped.status().text();
        return stepped.ok() && *stepped;
    }

    LiveEngine live_;
};

}  // namespace perdure::engine
