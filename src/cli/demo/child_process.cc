#include "cli/demo/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"

namespace perdure::cli::demo {

namespace {

// In the child: only calls that are safe between fork and exec.
[[noreturn]] void become(const std::vector<char*>& words, int pipe_end, int pipe_at) {
    setpgid(0, 0);                     // the terminal's Ctrl-C is for the supervisor
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody is left behind if it goes
    if (pipe_at != STDOUT_FILENO) dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    if (pipe_end == pipe_at) {
        fcntl(pipe_end, F_SETFD, 0);
    } else {
        dup2(pipe_end, pipe_at);
    }
    execv(words[0], words.data());
    _exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, int pipe_at) {
    PERDURE_ASSERT(!arguments.empty());
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return error(Code::io, "making a pipe: {}", std::generic_category().message(errno));
    }
    std::vector<char*> words;
    words.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
        words.push_back(const_cast<char*>(argument.c_str()));
    }
    words.push_back(nullptr);
    const pid_t process = fork();
    if (process == 0) become(words, ends[1], pipe_at);
    const int failure = errno;
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return error(Code::io, "starting {}: {}", arguments[0],
                     std::generic_category().message(failure));
    }
    return ChildProcess(process, ends[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      partial_(std::move(other.partial_)),
      lines_(std::move(other.lines_)),
      ended_(other.ended_),
      exit_code_(other.exit_code_) {}

ChildProcess::~ChildProcess() {
    if (process_ < 0) return;
    if (!exit_code_) {
        send(SIGKILL);
        wait();
    }
    close(descriptor_);
}

bool ChildProcess::fill(Time until) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd waited{descriptor_, POLLIN, 0};
    const auto milliseconds = static_cast<int>(std::clamp<long long>(rest.count() + 1, 0, 1000));
    const int ready = poll(&waited, 1, milliseconds);
    if (ready <= 0) return std::chrono::steady_clock::now() < until;
    std::array<char, 65536> buffer;
    const ssize_t count = read(descriptor_, buffer.data(), buffer.size());
    if (count <= 0) {
        ended_ = count == 0 || errno != EINTR;
        return !ended_;
    }
    partial_.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = partial_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        lines_.push_back(partial_.substr(begin, end - begin));
    }
    partial_.erase(0, begin);
    return true;
}

std::optional<std::string> ChildProcess::read_line(Time until) {
    while (lines_.empty() && !ended_ && fill(until)) {
    }
    if (lines_.empty()) return std::nullopt;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
}

void ChildProcess::send(int signal) const {
    PERDURE_ASSERT(process_ > 0);  // kill() with another number reaches groups, or all there are
    if (!exit_code_) kill(process_, signal);
}

void ChildProcess::kill_now() {
    send(SIGKILL);
    wait();
}

int ChildProcess::wait() {
    if (exit_code_) return *exit_code_;
    PERDURE_ASSERT(process_ > 0);
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return *exit_code_;
}

std::string own_program() {
    std::error_code failure;
    return std::filesystem::read_symlink("/proc/self/exe", failure).string();
}

std::optional<std::string> sibling_program(const std::string& name) {
    const auto path = std::filesystem::path(own_program()).parent_path() / name;
    if (access(path.c_str(), X_OK) != 0) return std::nullopt;
    return path.string();
}

}  // namespace perdure::cli::demo
