// LiveEngine: an engine on a disk in memory, with a store that a test can put in a bad mood.
//
//     LiveEngine live;
//     Token saved = live.commit(live.change().put("names", {"ana", 1}));
//     live.runtime().add(*live);
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/parts.h"
#include "io/faulty_file_system.h"

namespace perdure::engine {

class LiveEngine {
public:
    explicit LiveEngine(EngineOptions options = {}) {
        options.files = &files;
        options.clock = &clock;
        options.categories = {Category{},
                              {.name = "fleeting", .durability = Level::ephemeral},
                              {.name = "slow", .durability = Level::relaxed}};
        options.open_store = [this](const WorldDirectory&,
                                    const Uuid&) -> Result<std::unique_ptr<store::Store>> {
            auto made = std::make_unique<MoodyStore>(clock);
            store = made.get();
            return std::unique_ptr<store::Store>(std::move(made));
        };
        auto opened = Engine::open("world", std::move(options));
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        engine_ = *std::move(opened);
        std::vector<TableDefinition> tables;
        for (const TableBuilder& table : table_builders()) {
            tables.push_back(table.definition());
            tables.back().resident = tables.back().name == "bodies";
        }
        const Status declared = engine_->declare(tables, Engine::Declaring::opening);
        EXPECT_TRUE(declared.ok()) << declared.text();
    }

    Engine& operator*() { return *engine_; }
    Engine* operator->() { return engine_.get(); }

    [[nodiscard]] Change change() const { return Change(engine_->catalog()); }
    Token commit(Change& change, const CommitOptions& options = {}) {
        Proposal proposal;
        proposal.changes = change.at(0);
        auto token = engine_->commit(proposal, options);
        EXPECT_TRUE(token.ok()) << token.status().text();
        return token.ok() ? *token : Token();
    }
    Token commit(Change&& change, const CommitOptions& options = {}) {
        return commit(change, options);
    }

    io::MemoryFileSystem disk;
    io::FaultyFileSystem files{disk};
    io::ManualClock clock;
    MoodyStore* store = nullptr;  // the engine's

private:
    std::unique_ptr<Engine> engine_;
};

}  // namespace perdure::engine
