// The real command, run as a process: what it printed and how it ended.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/checksum.h"
#include "io/temporary_directory.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"

namespace perdure::cli {

struct Ran {
    int exit_code = -1;  // 128 + the signal, if one ended it
    std::string out;
    std::string err;

    [[nodiscard]] bool says(const std::string& part) const {
        return out.find(part) != std::string::npos;
    }
    [[nodiscard]] bool complains(const std::string& part) const {
        return err.find(part) != std::string::npos;
    }
};

inline std::string file_text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return std::move(text).str();
}

inline void flip_byte(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    ASSERT_NE(byte, EOF) << path << " is shorter than " << offset;
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 0x10));
}

// Says in a world's identity that a later program wrote it: docs/format/identity.md.
inline void make_newer(const std::string& world) {
    std::string identity = file_text(world + "/identity");
    ASSERT_EQ(identity.size(), 64U);
    identity[8] = 99;
    const std::uint64_t checksum = checksum64(as_bytes(std::string_view(identity).substr(0, 56)));
    std::memcpy(identity.data() + 56, &checksum, sizeof checksum);
    std::ofstream(world + "/identity", std::ios::binary) << identity;
}

// The same of its store, as its own program would: docs/format/sqlite.md.
inline void make_store_newer(const std::string& world, const std::string& before = {}) {
    const auto vfs = *store::sqlite::ChecksumVfs::make("unix");
    auto newer = *store::sqlite::Connection::open(
        {.path = world + "/store.sqlite", .vfs = vfs->name(), .write = true});
    const Status made = newer.run(before + "PRAGMA user_version = 99");
    ASSERT_TRUE(made.ok()) << made.text();
}

// A process of the command, running. Killed with the object if it still runs.
class Running {
public:
    Running(const std::vector<std::string>& arguments, std::string place)
        : place_(std::move(place)) {
        std::vector<std::string> words{PERDURE_PROGRAM};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> pointers;
        for (std::string& word : words) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        const int flags = O_WRONLY | O_CREAT | O_TRUNC;
        posix_spawn_file_actions_addopen(&actions, 1, (place_ + ".out").c_str(), flags, 0600);
        posix_spawn_file_actions_addopen(&actions, 2, (place_ + ".err").c_str(), flags, 0600);
        pid_t process = 0;
        const int failure =
            posix_spawn(&process, pointers[0], &actions, nullptr, pointers.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        EXPECT_EQ(failure, 0) << "cannot start " << PERDURE_PROGRAM;
        if (failure == 0) process_ = process;
    }
    ~Running() {
        send(SIGKILL);
        wait();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    // kill() with a number that is not a process' own reaches others: groups, or all there are.
    void send(int signal) const {
        if (process_ > 0) ::kill(process_, signal);
    }
    [[nodiscard]] std::string out() const { return file_text(place_ + ".out"); }
    // Until it has printed this, so many times, or has ended.
    [[nodiscard]] bool comes_to_say(const std::string& part, int times = 1) {
        while (!has_said(part, times)) {
            if (process_ <= 0) return false;
            siginfo_t info{};
            const int asked =
                waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
            if (asked != 0 || info.si_pid != 0) return has_said(part, times);
            usleep(2000);
        }
        return true;
    }
    Ran wait() {
        if (process_ > 0) {
            int status = 0;
            EXPECT_EQ(waitpid(process_, &status, 0), process_);
            exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            process_ = 0;  // the number may be somebody else's from now on
        }
        return {exit_code_, out(), file_text(place_ + ".err")};
    }

private:
    [[nodiscard]] bool has_said(const std::string& part, int times) const {
        const std::string text = out();
        int count = 0;
        for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
            ++count;
        return count >= times;
    }

    std::string place_;
    pid_t process_ = 0;  // 0: none, or ended
    int exit_code_ = -1;
};

class ProgramTest : public testing::Test {
protected:
    // Small journal files: making them ready is most of the time that a short life takes.
    ProgramTest() {
        std::filesystem::create_directory(world());
        set_limits("");
    }
    void set_limits(const std::string& more) {
        std::ofstream(world() + "/perdure.toml") << "[limits]\njournal_file_bytes = 4194304\n"
                                                 << more;
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        return scratch_.path() + "/" + name;
    }
    [[nodiscard]] std::string world() const { return path("world"); }

    Ran run(const std::vector<std::string>& arguments) {
        return Running(arguments, path("run")).wait();
    }
    [[nodiscard]] Running start(const std::vector<std::string>& arguments) {
        return {arguments, path("started")};
    }
    // A small world of the demonstration that lived for so many ticks and was closed.
    Ran live(int ticks) {
        return run({"demo", world(), "--side", "48", "--walkers", "100", "--rate", "0", "--ticks",
                    std::to_string(ticks)});
    }
    // The same at 20 ticks a second until it is told otherwise; the store holds its beginning
    // already.
    [[nodiscard]] Running live_on() {
        EXPECT_EQ(live(1).exit_code, 0);
        return start({"demo", world()});
    }
    // Killed in the middle of its life, with some twenty ticks that only the journal holds.
    void live_and_be_killed() {
        set_limits("drain_interval_ms = 60000\n");
        Running owner = live_on();
        ASSERT_TRUE(owner.comes_to_say(" ticks/s", 2)) << owner.out();
        owner.send(SIGKILL);
        owner.wait();
    }
    static constexpr std::uint64_t header = 40;  // a place in a group
    static constexpr std::uint64_t payload = 200;
    // Acknowledged for certain: a later group was written after it.
    void flip_in_the_last_group_but_one(std::uint64_t place) {
        std::istringstream lines(run({"inspect", world(), "--json"}).out);
        std::vector<std::pair<std::string, std::uint64_t>> groups;  // file, offset
        for (std::string line; std::getline(lines, line);) {
            const auto json = nlohmann::json::parse(line);
            if (json["kind"] != "change_set") continue;
            std::pair<std::string, std::uint64_t> group(json["file"].get<std::string>(),
                                                        json["offset"].get<std::uint64_t>());
            if (groups.empty() || groups.back() != group) groups.push_back(std::move(group));
        }
        ASSERT_GE(groups.size(), 2U);
        const auto& [file, offset] = groups[groups.size() - 2];
        flip_byte(world() + "/journal/" + file, offset + place);
    }
    // What every refusal has in common.
    static void expect_refused(const Ran& ran, const std::string& because) {
        EXPECT_EQ(ran.exit_code, 2) << ran.err;
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        EXPECT_TRUE(ran.complains(because)) << ran.err;
        EXPECT_EQ(ran.out, "");
    }

private:
    io::TemporaryDirectory scratch_;
};

}  // namespace perdure::cli
