#include "torture/supervisor.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "torture/small_disk.h"

namespace perdure::torture {

namespace {

using cli::demo::ChildProcess;
using Clock = std::chrono::steady_clock;

// For what must come, however slow the machine; nothing is said of how soon.
constexpr auto patience = std::chrono::seconds(60);
constexpr std::uint64_t kill_while_opening_once_in = 4;
constexpr double life_seconds_max = 0.12;
constexpr std::uint64_t small_disk_bytes = 64ULL << 20;

Clock::duration seconds(double value) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

void say(const std::string& line) { std::cout << line << std::endl; }

std::string ending_text(int exit_code) {
    switch (static_cast<Ending>(exit_code)) {
        case Ending::closed: return "it closed its world";
        case Ending::failed: return "something was wrong";
        case Ending::locked: return "somebody else has the world";
        case Ending::reopen: return "its world has to be opened again";
        case Ending::no_space: return "the disk is full";
    }
    return text::format("exit code {}", exit_code);
}

}  // namespace

Supervisor::Supervisor(Plan plan) : plan_(std::move(plan)), random_(plan_.seed) {}

Result<ChildProcess> Supervisor::start_worker() {
    std::vector<std::string> words{cli::demo::own_program(), "worker", world(),
                                   std::to_string(random_.next() >> 1)};
    for (const std::uint64_t checked : ledger_.checked()) words.push_back(std::to_string(checked));
    return ChildProcess::start(words, ChildProcess::report_descriptor);
}

Status Supervisor::begin_life() {
    ledger_.next_life();
    worker_.reset();
    PERDURE_TAKE(ChildProcess child, start_worker());
    worker_.emplace(std::move(child));
    return {};
}

void Supervisor::listen(Time until, bool (Ledger::*enough)() const) {
    while (enough == nullptr || !(ledger_.*enough)()) {
        const auto line = worker_->read_line(until);
        if (!line) return;
        ledger_.take(*line);
    }
}

Status Supervisor::judged() const {
    if (ledger_.faults().empty()) return {};
    std::string all;
    for (const std::string& fault : ledger_.faults()) all += "\n  " + fault;
    return error(Code::corrupt, "after {} kills, --seed {}, {}:{}", kills_, plan_.seed, world(),
                 all);
}

Status Supervisor::ended_by_itself() {
    const int exit_code = worker_->wait();
    PERDURE_TRY(judged());
    return error(Code::io,
                 "--seed {}, after {} kills: the worker ended by itself: {}; its last words: {}",
                 plan_.seed, kills_, ending_text(exit_code), ledger_.last_words());
}

Status Supervisor::await_ready() {
    const auto began = Clock::now();
    listen(began + patience, &Ledger::is_ready);
    if (!ledger_.is_ready()) {
        if (worker_->ended()) return ended_by_itself();
        return error(Code::io, "--seed {}: the worker did not open its world in a minute",
                     plan_.seed);
    }
    opening_seconds_ =
        std::max(opening_seconds_, std::chrono::duration<double>(Clock::now() - began).count());
    return judged();
}

// Something new is acknowledged.
Status Supervisor::await_progress() {
    const std::uint64_t before = ledger_.acknowledged();
    const auto until = Clock::now() + patience;
    while (ledger_.acknowledged() == before) {
        const auto line = worker_->read_line(until);
        if (!line) break;
        ledger_.take(*line);
    }
    if (ledger_.acknowledged() != before) return judged();
    if (worker_->ended()) return ended_by_itself();
    return error(Code::io, "--seed {}: nothing was acknowledged for a minute; last words: {}",
                 plan_.seed, ledger_.last_words());
}

void Supervisor::kill_now() {
    worker_->kill_now();
    listen(Clock::now() + patience);
    ++kills_;
    if (!ledger_.is_ready()) ++kills_while_opening_;
}

Status Supervisor::kill_at_any_moment() {
    PERDURE_TRY(begin_life());
    if (opening_seconds_ > 0 && random_.chance(1, kill_while_opening_once_in)) {
        listen(Clock::now() + seconds(random_.uniform() * opening_seconds_));
    } else {
        PERDURE_TRY(await_ready());
        listen(Clock::now() + seconds(random_.uniform() * life_seconds_max));
    }
    if (worker_->ended()) return ended_by_itself();
    kill_now();
    return judged();
}

Status Supervisor::close_in_order() {
    worker_->send(SIGTERM);
    listen(Clock::now() + patience);
    if (const int exit_code = worker_->wait(); exit_code != static_cast<int>(Ending::closed)) {
        return ended_by_itself();
    }
    return judged();
}

Status Supervisor::verify_and_begin_anew() {
    PERDURE_TRY(begin_life());
    PERDURE_TRY(await_ready());
    PERDURE_TRY(close_in_order());
    const auto program = cli::demo::sibling_program("perdure");
    if (!program) return error(Code::not_found, "the program perdure is not beside this one");
    PERDURE_TAKE(ChildProcess verify,
                 ChildProcess::start({*program, "verify", world()}, ChildProcess::standard_output));
    std::string said;
    while (const auto line = verify.read_line(Clock::now() + patience)) said += "\n  " + *line;
    if (verify.wait() != 0) {
        return error(Code::corrupt, "--seed {}: after {} kills, perdure verify {}:{}", plan_.seed,
                     kills_, world(), said);
    }
    std::filesystem::remove_all(world());
    ledger_.forget_world();
    ++worlds_;
    return {};
}

Status Supervisor::kill_often() {
    for (std::uint32_t kill = 1; kill <= plan_.kills; ++kill) {
        PERDURE_TRY(kill_at_any_moment());
        if (kill % plan_.kills_a_world == 0 || kill == plan_.kills) {
            PERDURE_TRY(verify_and_begin_anew());
        }
        if (kill % 100 == 0) {
            say(text::format("{} kills, {} of them while opening; {} acknowledgements, none lost",
                             kills_, kills_while_opening_, ledger_.acknowledged()));
        }
    }
    return {};
}

// The process ends, and says that somebody else has the world.
Status Supervisor::await_locked(ChildProcess& rival) {
    Ledger book;
    const auto until = Clock::now() + patience;
    while (const auto line = rival.read_line(until)) {
        book.take(*line);
        if (book.is_ready()) break;
    }
    if (!rival.ended()) {
        rival.kill_now();
        return error(Code::corrupt, "--seed {}: two processes own one world, or one waits for it",
                     plan_.seed);
    }
    if (rival.wait() == static_cast<int>(Ending::locked)) return {};
    return error(Code::io, "--seed {}: a rival was not told that the world is locked: {}; {}",
                 plan_.seed, ending_text(rival.wait()), book.last_words());
}

Status Supervisor::rivals_at_once() {
    PERDURE_TRY(begin_life());
    PERDURE_TAKE(ChildProcess rival, start_worker());
    Ledger of_rival = ledger_;
    while (!worker_->ended() && !rival.ended() && !ledger_.is_ready() && !of_rival.is_ready()) {
        const auto soon = Clock::now() + std::chrono::milliseconds(2);
        if (const auto line = worker_->read_line(soon)) ledger_.take(*line);
        if (const auto line = rival.read_line(soon)) of_rival.take(*line);
    }
    const bool rival_was_first = worker_->ended() || of_rival.is_ready();
    ChildProcess second = rival_was_first ? std::move(*worker_) : std::move(rival);
    if (rival_was_first) {
        worker_.emplace(std::move(rival));
        ledger_ = of_rival;
    }
    PERDURE_TRY(await_locked(second));
    PERDURE_TRY(await_ready());
    PERDURE_TRY(await_progress());
    kill_now();
    return judged();
}

Status Supervisor::rival_of_a_stopped_owner() {
    PERDURE_TRY(begin_life());
    PERDURE_TRY(await_ready());
    listen(Clock::now() + seconds(random_.uniform() * life_seconds_max));
    worker_->send(SIGSTOP);
    PERDURE_TAKE(ChildProcess rival, start_worker());
    PERDURE_TRY(await_locked(rival));
    worker_->send(SIGCONT);
    PERDURE_TRY(await_progress());
    kill_now();
    return judged();
}

Status Supervisor::contend() {
    for (std::uint32_t time = 0; time < plan_.rivalries; ++time) {
        PERDURE_TRY(random_.chance(1, 2) ? rivals_at_once() : rival_of_a_stopped_owner());
    }
    if (plan_.rivalries == 0) return {};
    say(text::format("{} rivals for a world that had an owner, all told that it is locked",
                     plan_.rivalries));
    return verify_and_begin_anew();
}

// Commits are refused, or the worker has to open its world again and cannot yet.
Status Supervisor::await_refusal() {
    const auto until = Clock::now() + patience;
    listen(until, &Ledger::is_refused);
    if (ledger_.is_refused()) return judged();
    if (!worker_->ended()) {
        return error(Code::io, "--seed {}: commits go through on a full disk for a minute",
                     plan_.seed);
    }
    const auto ending = static_cast<Ending>(worker_->wait());
    if (ending == Ending::reopen || ending == Ending::no_space) return judged();
    return ended_by_itself();
}

Status Supervisor::fill_once(const std::string& ballast) {
    PERDURE_TRY(begin_life());
    PERDURE_TRY(await_ready());
    listen(Clock::now() + seconds(random_.uniform() * life_seconds_max));
    PERDURE_TRY(fill_disk(ballast));
    PERDURE_TRY(await_refusal());
    const bool stays = !worker_->ended() && random_.chance(1, 2);
    if (!stays) {
        if (!worker_->ended()) kill_now();
        // Opening on a full disk: it lives and is refused, or says that there is no space.
        PERDURE_TRY(begin_life());
        PERDURE_TRY(await_refusal());
    }
    std::filesystem::remove(ballast);
    if (worker_->ended()) {
        PERDURE_TRY(begin_life());
        PERDURE_TRY(await_ready());
    }
    PERDURE_TRY(await_progress());
    kill_now();
    return judged();
}

Status Supervisor::fill_and_free() {
    if (plan_.fillings == 0) return {};
    PERDURE_TAKE(const SmallDisk disk, SmallDisk::mount(plan_.directory, small_disk_bytes));
    for (std::uint32_t time = 0; time < plan_.fillings; ++time) {
        PERDURE_TRY(fill_once(plan_.directory + "/ballast"));
        PERDURE_TRY(verify_and_begin_anew());  // else the world itself would fill it in the end
    }
    say(text::format("{} times the disk was full, and free again", plan_.fillings));
    return {};
}

Status Supervisor::run() {
    std::filesystem::create_directories(plan_.directory);
    if (!std::filesystem::is_empty(plan_.directory)) {
        return error(Code::invalid, "{} is not empty; give an empty directory or a new one",
                     plan_.directory);
    }
    PERDURE_TRY(kill_often());
    PERDURE_TRY(contend());
    PERDURE_TRY(fill_and_free());
    say(text::format(
        "{} kills, {} of them while opening; {} worlds; {} acknowledgements, none lost", kills_,
        kills_while_opening_, worlds_ - 1, ledger_.acknowledged()));
    return {};
}

}  // namespace perdure::torture
