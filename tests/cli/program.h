// The real command, run as a process: what it printed and how it ended.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/temporary_directory.h"

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
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
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
        EXPECT_EQ(posix_spawn(&process_, pointers[0], &actions, nullptr, pointers.data(), environ),
                  0);
        posix_spawn_file_actions_destroy(&actions);
    }
    ~Running() {
        if (!ended_) {
            send(SIGKILL);
            wait();
        }
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void send(int signal) const { ::kill(process_, signal); }
    [[nodiscard]] std::string out() const { return file_text(place_ + ".out"); }
    // Until it has printed this, or has ended.
    [[nodiscard]] bool comes_to_say(const std::string& part) {
        while (out().find(part) == std::string::npos) {
            siginfo_t info{};
            if (waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) !=
                    0 ||
                info.si_pid != 0) {
                return out().find(part) != std::string::npos;
            }
            usleep(2000);
        }
        return true;
    }
    Ran wait() {
        int status = 0;
        waitpid(process_, &status, 0);
        ended_ = true;
        return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out(),
                file_text(place_ + ".err")};
    }

private:
    std::string place_;
    pid_t process_ = -1;
    bool ended_ = false;
};

class ProgramTest : public testing::Test {
protected:
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
