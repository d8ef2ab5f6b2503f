// LiveEngine: an engine on a disk in memory, with a store that a test can put in a bad mood.
//
//     LiveEngine live;
//     Token saved = live.commit(live.change().put("names", {"ana", 1}));
//     Staging tick(*live, true);
//     live.end(tick, {.tick = 7});
//     live.crash();
//     EXPECT_TRUE(live.open().ok());
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/parts.h"
#include "engine/staging.h"
#include "io/faulty_file_system.h"
#include "perdure/snapshot.h"

namespace perdure::engine {

class LiveEngine {
public:
    enum class Begin : bool { opened, nowhere };

    explicit LiveEngine(EngineOptions wanted = {}, Begin begin = Begin::opened)
        : settings(std::move(wanted)) {
        settings.files = &files;
        settings.clock = &clock;
        settings.categories = {Category{},
                               {.name = "fleeting", .durability = Level::ephemeral},
                               {.name = "slow", .durability = Level::relaxed}};
        settings.open_store = [this](const WorldDirectory&,
                                     const Uuid&) -> Result<std::unique_ptr<store::Store>> {
            auto made = std::make_unique<MoodyStore>(clock, storage, store_calls);
            store = made.get();
            return std::unique_ptr<store::Store>(std::move(made));
        };
        if (begin == Begin::nowhere) return;
        const Status opened = open();
        EXPECT_TRUE(opened.ok()) << opened.text();
        const Status declared = declare();
        EXPECT_TRUE(declared.ok()) << declared.text();
    }

    // As the next owner; the store is where the last one left it.
    Status open() {
        engine_.reset();
        store = nullptr;
        PERDURE_TAKE(engine_, Engine::open("world", settings));
        return {};
    }
    // The tables of the tests.
    Status declare() {
        std::vector<TableDefinition> tables;
        for (const TableBuilder& table : table_builders()) {
            tables.push_back(table.definition());
            tables.back().resident = tables.back().name == "bodies";
        }
        return engine_->declare(tables, Engine::Declaring::opening);
    }
    // The process dies, and the power with it.
    void crash() {
        if (engine_) engine_->abandon();
        engine_.reset();
        store = nullptr;
        disk.crash_losing_everything();
    }
    [[nodiscard]] bool is_open() const { return engine_ != nullptr; }

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

    // One row in a transaction of its own, as a program does it; relaxed rows must come so.
    Result<Token> put(std::string_view table, const Row& row, const CommitOptions& how = {}) {
        Staging staging(*engine_, false);
        PERDURE_TRY(staging.put(table, row, {}));
        return staging.commit(how);
    }
    // What may be refused.
    Result<Token> try_commit(Change& change, const CommitOptions& how = {}) {
        Proposal proposal;
        proposal.changes = change.at(0);
        return engine_->commit(proposal, how);
    }
    Result<Token> try_commit(Change&& change, const CommitOptions& how = {}) {
        return try_commit(change, how);
    }
    // Ends a tick as the world does.
    Result<Token> end(Staging& tick, const CommitOptions& how = {}) {
        Change nothing = change();
        return end(tick, nothing, how);
    }
    // A tick with rows that a domain has captured.
    Result<Token> end(Staging& tick, Change& captured, const CommitOptions& how = {}) {
        Proposal proposal;
        proposal.changes = captured.at(0);
        proposal.from_tick = true;
        if (!tick.empty()) PERDURE_TRY(tick.propose(proposal));
        auto token = engine_->commit(proposal, how);
        if (token) tick.clear();
        return token;
    }
    // Everything that is durable goes to the store, and pending lets it go.
    Status drain() {
        clock.advance_ns(2'000'000'000);
        while (true) {
            PERDURE_TAKE(const bool more, engine_->step_store());
            if (!more) return {};
        }
    }
    // "ana 7", "none", or what went wrong.
    std::string find(std::string_view table, const Row& key, bool durable_only = false) {
        auto view = engine_->view(durable_only);
        if (!view) return view.status().text();
        Snapshot snapshot(*std::move(view));
        auto found = snapshot.find(table, key);
        if (!found) return found.status().text();
        return *found ? row_text((*found)->batch(), 0) : "none";
    }

    EngineOptions settings;
    io::MemoryFileSystem disk;
    io::FaultyFileSystem files{disk};
    io::ManualClock clock;
    std::shared_ptr<store::MemoryStorage> storage = std::make_shared<store::MemoryStorage>();
    StoreCalls store_calls;       // of every store that was opened
    MoodyStore* store = nullptr;  // the engine's

private:
    std::unique_ptr<Engine> engine_;
};

}  // namespace perdure::engine
