#include "peers/redis_server.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perdure::bench {
namespace {

constexpr std::size_t receive_bytes = std::size_t{256} << 10;
constexpr auto start_timeout = std::chrono::seconds(120);

[[noreturn]] void fail(const char* action) {
    throw std::system_error(errno, std::generic_category(), std::string("Redis: ") + action);
}

pid_t start_server(const std::filesystem::path& directory,
                   const std::filesystem::path& socket_path) {
    const std::vector<std::string> arguments = {"redis-server",
                                                "--port",
                                                "0",
                                                "--unixsocket",
                                                socket_path.string(),
                                                "--dir",
                                                directory.string(),
                                                "--appendonly",
                                                "yes",
                                                "--appendfsync",
                                                "always",
                                                "--save",
                                                "",
                                                "--daemonize",
                                                "no",
                                                "--logfile",
                                                (directory / "redis.log").string()};
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));  // execvp does not write to them
    }
    pointers.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        fail("fork");
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(pointers[0], pointers.data());
        _exit(127);
    }
    return child;
}

// The number in a reply's first line, which must be of that type.
std::size_t count_in(std::string_view line, char type) {
    std::size_t count = 0;
    if (line.empty() || line[0] != type ||
        std::from_chars(line.data() + 1, line.data() + line.size(), count).ec != std::errc()) {
        throw std::runtime_error("Redis: unexpected reply: " + std::string(line));
    }
    return count;
}

}  // namespace

void RedisCommands::put_count(char type, std::size_t count) {
    char text[24];
    text[0] = type;
    char* const end = std::to_chars(text + 1, text + sizeof text - 2, count).ptr;
    std::memcpy(end, "\r\n", 2);
    bytes_.append(text, end + 2);
}

RedisCommands& RedisCommands::command(std::size_t arguments) {
    put_count('*', arguments);
    return *this;
}

RedisCommands& RedisCommands::argument(std::string_view bytes) {
    put_count('$', bytes.size());
    bytes_.append(bytes).append("\r\n");
    return *this;
}

RedisServer::RedisServer(const std::filesystem::path& directory)
    : socket_path_(directory / "redis.sock"), process_(start_server(directory, socket_path_)) {}

RedisServer::~RedisServer() {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
}

RedisClient::RedisClient(const RedisServer& server) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = server.socket_path().string();
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error("Redis: path of the socket is too long: " + path);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const auto deadline = std::chrono::steady_clock::now() + start_timeout;
    while (true) {
        socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            answers_ping()) {
            return;
        }
        close(socket_);
        if (waitpid(server.process(), nullptr, WNOHANG) != 0 ||
            std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error(
                "Redis: no answer from redis-server; is it installed? See redis.log");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

RedisClient::~RedisClient() { close(socket_); }

// A server that is still loading its log answers with an error.
bool RedisClient::answers_ping() {
    RedisCommands ping;
    ping.command(1).argument("PING");
    send(ping);
    received_.clear();
    position_ = 0;
    return line() == "+PONG";
}

void RedisClient::send(const RedisCommands& commands) {
    std::string_view rest = commands.bytes();
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            fail("sending");
        }
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void RedisClient::fill() {
    if (position_ == received_.size()) {
        received_.clear();
        position_ = 0;
    }
    const std::size_t old_size = received_.size();
    received_.resize(old_size + receive_bytes);
    const ssize_t got = recv(socket_, received_.data() + old_size, receive_bytes, 0);
    if (got <= 0) {
        fail("receiving");
    }
    received_.resize(old_size + static_cast<std::size_t>(got));
}

std::string_view RedisClient::line() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n", position_)) == std::string::npos) {
        fill();
    }
    const std::string_view found(received_.data() + position_, end - position_);
    position_ = end + 2;
    return found;
}

std::string_view RedisClient::bulk(std::size_t length) {
    while (received_.size() - position_ < length + 2) {
        fill();
    }
    const std::string_view found(received_.data() + position_, length);
    position_ += length + 2;
    return found;
}

void RedisClient::skip_reply() {
    const std::string_view head = line();
    if (head.starts_with('-')) {
        throw std::runtime_error("Redis: " + std::string(head));
    }
    if (head.starts_with('*')) {
        for (std::size_t left = count_in(head, '*'); left > 0; --left) {
            skip_reply();
        }
    } else if (head.starts_with('$')) {
        bulk(count_in(head, '$'));
    }
}

void RedisClient::expect_replies(std::size_t count) {
    for (; count > 0; --count) {
        skip_reply();
    }
}

std::size_t RedisClient::begin_array() { return count_in(line(), '*'); }

std::string_view RedisClient::next_string() { return bulk(count_in(line(), '$')); }

}  // namespace perdure::bench
