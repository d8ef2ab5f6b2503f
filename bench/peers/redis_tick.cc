// Redis: one MULTI/EXEC a tick over a unix socket, appendfsync always: EXEC answers after the log
// was flushed.
//
// Two layouts: a hash per entity with a field per component, as games usually have it; or a hash
// per component with a field per entity, which makes a tick four commands.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "peers/redis_server.h"
#include "peers/tick_peers.h"

namespace perdure::bench {
namespace {

constexpr std::uint32_t rows_per_request = 1000;  // when loading and reading back

class RedisTickPeer : public TickPeer {
public:
    explicit RedisTickPeer(const TickPeerSetup& setup)
        : directory_(setup.directory), entities_(setup.workload.entities) {
        connect();
    }

    void load(const WorldArrays& world) override {
        std::vector<std::uint32_t> everyone(entities_);
        for (std::uint32_t entity = 0; entity < entities_; ++entity) {
            everyone[entity] = entity;
        }
        for (std::uint32_t first = 0; first < entities_; first += rows_per_request) {
            const std::uint32_t count = std::min(rows_per_request, entities_ - first);
            const auto some = std::span(everyone).subspan(first, count);
            run_transaction(
                {.tick = 0,
                 .positions = {some, std::span(world.positions).subspan(first, count)},
                 .velocities = {some, std::span(world.velocities).subspan(first, count)},
                 .healths = {some, std::span(world.healths).subspan(first, count)},
                 .inventories = {some, std::span(world.inventories).subspan(first, count)}});
        }
    }

    void commit(const TickChanges& changes, const WorldArrays&) override {
        run_transaction(changes);
    }

    WorldArrays read_back() override {
        client_.reset();
        server_.reset();
        connect();  // the new server loads the log
        WorldArrays world = WorldArrays::of_size(entities_);
        for (std::uint32_t first = 0; first < entities_; first += rows_per_request) {
            read_rows(first, std::min(first + rows_per_request, entities_), world);
        }
        return world;
    }

    std::optional<pid_t> server() const override { return server_->process(); }

protected:
    // Adds the commands that write these changes; returns how many.
    virtual std::size_t write_changes(const TickChanges& changes, RedisCommands& commands) = 0;
    virtual void read_rows(std::uint32_t first, std::uint32_t end, WorldArrays& world) = 0;

    template <typename Value>
    void take_string(Value& into) {
        const std::string_view bytes = client().next_string();
        if (bytes.size() != sizeof into) {
            throw std::runtime_error("Redis: a value of unexpected length");
        }
        std::memcpy(&into, bytes.data(), sizeof into);
    }

    RedisClient& client() { return *client_; }

private:
    void connect() {
        server_ = std::make_unique<RedisServer>(directory_);
        client_ = std::make_unique<RedisClient>(*server_);
    }

    void run_transaction(const TickChanges& changes) {
        commands_.clear();
        commands_.command(1).argument("MULTI");
        const std::size_t writes = write_changes(changes, commands_);
        commands_.command(1).argument("EXEC");
        client().send(commands_);
        client().expect_replies(writes + 2);  // OK, QUEUED for each, and EXEC's array
    }

    std::filesystem::path directory_;
    std::uint32_t entities_;
    RedisCommands commands_;
    std::unique_ptr<RedisServer> server_;
    std::unique_ptr<RedisClient> client_;
};

class HashPerEntity final : public RedisTickPeer {
public:
    using RedisTickPeer::RedisTickPeer;

protected:
    std::size_t write_changes(const TickChanges& changes, RedisCommands& commands) override {
        std::size_t count = 0;
        for (std::size_t row = 0; row < changes.positions.size();
             ++row, ++count) {  // positions move with velocities
            commands.command(6).argument("HSET").binary(changes.positions.entities[row]);
            commands.argument("p").binary(changes.positions.values[row]);
            commands.argument("v").binary(changes.velocities.values[row]);
        }
        for (std::size_t row = 0; row < changes.healths.size(); ++row, ++count) {
            commands.command(4).argument("HSET").binary(changes.healths.entities[row]);
            commands.argument("h").binary(changes.healths.values[row]);
        }
        for (std::size_t row = 0; row < changes.inventories.size(); ++row, ++count) {
            commands.command(4).argument("HSET").binary(changes.inventories.entities[row]);
            commands.argument("i").binary(changes.inventories.values[row]);
        }
        return count;
    }

    void read_rows(std::uint32_t first, std::uint32_t end, WorldArrays& world) override {
        RedisCommands commands;
        for (std::uint32_t entity = first; entity < end; ++entity) {
            commands.command(6).argument("HMGET").binary(entity);
            commands.argument("p").argument("v").argument("h").argument("i");
        }
        client().send(commands);
        for (std::uint32_t entity = first; entity < end; ++entity) {
            client().begin_array();
            take_string(world.positions[entity]);
            take_string(world.velocities[entity]);
            take_string(world.healths[entity]);
            take_string(world.inventories[entity]);
        }
    }
};

class HashPerComponent final : public RedisTickPeer {
public:
    using RedisTickPeer::RedisTickPeer;

protected:
    std::size_t write_changes(const TickChanges& changes, RedisCommands& commands) override {
        return write_column("p", changes.positions, commands) +
               write_column("v", changes.velocities, commands) +
               write_column("h", changes.healths, commands) +
               write_column("i", changes.inventories, commands);
    }

    void read_rows(std::uint32_t first, std::uint32_t end, WorldArrays& world) override {
        read_column("p", first, end, world.positions);
        read_column("v", first, end, world.velocities);
        read_column("h", first, end, world.healths);
        read_column("i", first, end, world.inventories);
    }

private:
    template <typename Value>
    static std::size_t write_column(std::string_view name, const ComponentChanges<Value>& changes,
                                    RedisCommands& commands) {
        if (changes.size() == 0) {
            return 0;
        }
        commands.command(2 + 2 * changes.size()).argument("HSET").argument(name);
        for (std::size_t row = 0; row < changes.size(); ++row) {
            commands.binary(changes.entities[row]).binary(changes.values[row]);
        }
        return 1;
    }

    template <typename Value>
    void read_column(std::string_view name, std::uint32_t first, std::uint32_t end,
                     std::vector<Value>& into) {
        RedisCommands commands;
        commands.command(2 + (end - first)).argument("HMGET").argument(name);
        for (std::uint32_t entity = first; entity < end; ++entity) {
            commands.binary(entity);
        }
        client().send(commands);
        client().begin_array();
        for (std::uint32_t entity = first; entity < end; ++entity) {
            take_string(into[entity]);
        }
    }
};

template <typename Peer>
TickPeerVariant variant(std::string name) {
    return {"redis", "redis", std::move(name), "flushed each tick",
            [](const TickPeerSetup& setup) { return std::make_unique<Peer>(setup); }};
}

}  // namespace

TickPeerVariants redis_variants() {
    return {variant<HashPerEntity>("MULTI/EXEC, hash per entity"),
            variant<HashPerComponent>("MULTI/EXEC, hash per component")};
}

}  // namespace perdure::bench
