// Supervisor: starts workers on a world, torments them, and keeps the book.
//
//     kills        SIGKILL at any moment, of its opening or of its life; every next life is judged
//     rivals       two processes want one world: one has it, the other is told `locked`; a stopped
//                  owner (SIGSTOP) keeps it, and goes on when it may (SIGCONT)
//     full disk    a small file system is filled until commits are refused, and freed again; with
//                  kills and openings while it is full
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/random.h"
#include "cli/demo/child_process.h"
#include "torture/ledger.h"
#include "torture/worker.h"

namespace perdure::torture {

struct Plan {
    std::string directory;
    std::uint64_t seed = 1;
    std::uint32_t kills = 300;
    std::uint32_t kills_a_world = 500;  // then it is closed, verified, and a new one begun
    std::uint32_t rivalries = 20;
    std::uint32_t fillings = 10;
};

class Supervisor {
public:
    explicit Supervisor(Plan plan);

    // An error names the seed and what was lost or went wrong; the world is left as it is.
    Status run();

private:
    using Time = cli::demo::ChildProcess::Time;

    Status kill_often();
    Status contend();
    Status fill_and_free();
    Status fill_once(const std::string& ballast);

    Status begin_life();
    // Takes lines until it is ready, until then, or until it ends.
    void listen(Time until, bool (Ledger::*enough)() const = nullptr);
    Status await_ready();
    Status await_progress();
    Status await_refusal();
    Status kill_at_any_moment();
    void kill_now();
    // Asks the worker to close, and wants it to.
    Status close_in_order();
    Status verify_and_begin_anew();
    Status await_locked(cli::demo::ChildProcess& rival);
    Status rivals_at_once();
    Status rival_of_a_stopped_owner();
    [[nodiscard]] Status judged() const;
    [[nodiscard]] Status ended_by_itself();
    [[nodiscard]] Result<cli::demo::ChildProcess> start_worker();
    [[nodiscard]] std::string world() const { return plan_.directory + "/world"; }

    const Plan plan_;
    Random random_;
    Ledger ledger_;
    std::optional<cli::demo::ChildProcess> worker_;
    double opening_seconds_ = 0;  // the longest so far
    std::uint32_t kills_ = 0;
    std::uint32_t kills_while_opening_ = 0;
    std::uint32_t worlds_ = 1;
};

}  // namespace perdure::torture
