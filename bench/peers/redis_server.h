// A redis-server of our own on a unix socket, and a client that speaks RESP over it with commands
// built by hand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace perdure::bench {

// Commands in RESP, one after the other in one buffer, to be sent in one go.
class RedisCommands {
public:
    void clear() { bytes_.clear(); }
    std::string_view bytes() const { return bytes_; }

    // Begins a command of so many arguments, its name included; then exactly as many argument()
    // calls follow.
    RedisCommands& command(std::size_t arguments);
    RedisCommands& argument(std::string_view bytes);

    template <typename Value>
    RedisCommands& binary(const Value& value) {
        return argument({reinterpret_cast<const char*>(&value), sizeof value});
    }

private:
    void put_count(char type, std::size_t count);

    std::string bytes_;
};

// Starts with an empty directory or loads what is there; appendonly, appendfsync always, no
// snapshots. The server is stopped by the destructor, and dies with this process in any case.
class RedisServer {
public:
    explicit RedisServer(const std::filesystem::path& directory);
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    pid_t process() const { return process_; }
    const std::filesystem::path& socket_path() const { return socket_path_; }

private:
    std::filesystem::path socket_path_;
    pid_t process_;
};

// One connection. Throws std::runtime_error on any error reply or lost connection.
class RedisClient {
public:
    // Waits until the server answers: it may be loading its log.
    explicit RedisClient(const RedisServer& server);
    ~RedisClient();
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;

    void send(const RedisCommands& commands);
    // Reads `count` top-level replies and discards them.
    void expect_replies(std::size_t count);
    // Reads a reply that is an array of strings: its length, then each string, which holds until
    // the next call.
    std::size_t begin_array();
    std::string_view next_string();

private:
    bool answers_ping();
    void fill();
    std::string_view line();
    std::string_view bulk(std::size_t length);
    void skip_reply();

    int socket_ = -1;
    std::string received_;
    std::size_t position_ = 0;
};

}  // namespace perdure::bench
