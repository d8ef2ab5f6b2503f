// A small world of the demonstration, in memory, for tests of its rules.
#pragma once

#include <memory>

#include <gtest/gtest.h>

#include "cli/demo/books.h"
#include "cli/demo/components.h"
#include "cli/demo/ground.h"
#include "cli/demo/rules.h"
#include "entities/registry.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

class DemoWorld : public testing::Test {
protected:
    static constexpr std::uint32_t side = 64;

    void open() {
        rules_.reset();
        world_.reset();
        WorldOptions options;
        options.journal_file_bytes = 8ULL << 20;
        auto opened = World::open("memory:", demo_schema(), options);
        ASSERT_TRUE(opened.ok()) << opened.status().text();
        world_ = *std::move(opened);
    }
    void found_world(std::uint64_t seed = 7, std::uint32_t walkers = 300) {
        open();
        const auto surface = cut_square(*built_in_surface(), side);
        const Status founded = found(*world_, *surface, {.seed = seed, .walkers = walkers});
        ASSERT_TRUE(founded.ok()) << founded.text();
        commit();
        rules_ = std::make_unique<Rules>(*world_);
    }
    void commit() {
        const auto token = world_->commit();
        ASSERT_TRUE(token.ok()) << token.status().text();
    }
    void live(int ticks) {
        for (int tick = 0; tick < ticks; ++tick) {
            const auto counts = rules_->step();
            ASSERT_TRUE(counts.ok()) << counts.status().text();
            trades_ += counts->trades;
            meals_ += counts->meals;
            harvests_ += counts->harvests;
            commit();
        }
    }
    [[nodiscard]] Audit books() {
        const auto found = audit(*world_);
        EXPECT_TRUE(found.ok()) << found.status().text();
        return found.ok() ? *found : Audit{};
    }
    [[nodiscard]] std::string digest() { return world_->entities().registry().digest().hex(); }

    std::unique_ptr<World> world_;
    std::unique_ptr<Rules> rules_;  // after the world
    std::uint64_t trades_ = 0;
    std::uint64_t meals_ = 0;
    std::uint64_t harvests_ = 0;
};

}  // namespace perdure::cli::demo
