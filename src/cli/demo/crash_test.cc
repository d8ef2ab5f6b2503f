#include "cli/demo/crash_test.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "cli/demo/child_process.h"
#include "cli/demo/crash_judge.h"
#include "cli/demo/crash_peer.h"
#include "cli/demo/place.h"
#include "cli/stop_signal.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"

namespace perdure::cli::demo {

namespace {

using Clock = std::chrono::steady_clock;

// For a line of a world that opens or founds itself.
constexpr auto patience = std::chrono::seconds(120);
constexpr auto peer_patience = std::chrono::seconds(5);
constexpr std::uint64_t kill_while_opening_once_in = 4;
constexpr std::uint32_t headings_every = 20;

Clock::duration seconds(double value) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

// Sums over all kills.
struct Sums {
    std::uint32_t kills = 0;
    std::uint32_t kills_while_opening = 0;
    std::uint32_t recoveries = 0;
    std::uint64_t ticks_lost = 0;
    std::int64_t coins_off = 0;
    std::int64_t goods_off = 0;
    std::uint32_t losses = 0;
    std::uint32_t peer_torn = 0;  // starts that found its files apart
};

class CrashTest {
public:
    explicit CrashTest(const CrashTestOptions& options)
        : options_(options), seed_(options.seed.value_or(std::random_device{}())), random_(seed_) {}

    Status run();
    [[nodiscard]] bool lost_anything() const {
        return sums_.losses > 0 || !judge_.complaints().empty();
    }

private:
    Status kill_again_and_again();
    Status start();
    Status live_and_die();
    Status last_life();
    Status listen(Clock::time_point until, bool (CrashJudge::*enough)() const);
    void take(const std::string& line);
    void look_at_peer();
    void show_headings();
    void show(const Verdict& verdict);
    void sum_up(const std::optional<PeerAudit>& peer);
    [[nodiscard]] std::vector<std::string> arguments() const;
    [[nodiscard]] Status ended_by_itself();

    const CrashTestOptions& options_;
    std::uint64_t seed_;
    Random random_;
    CrashJudge judge_;
    std::optional<ChildProcess> world_;
    std::unique_ptr<CrashPeer> peer_;  // null: not built
    std::optional<PeerAudit> peer_audit_;
    Clock::time_point started_;
    Clock::duration opening_max_{};  // the longest that an opening took
    std::string moment_;             // of the last kill
    std::uint32_t shown_ = 0;
    Sums sums_;
};

std::vector<std::string> CrashTest::arguments() const {
    std::vector<std::string> words{own_program(), "demo", options_.directory, "--plain"};
    const auto add = [&words](const char* name, const std::string& value) {
        words.emplace_back(name);
        words.push_back(value);
    };
    add("--rate", fmt::format("{}", options_.rate));
    add("--report-descriptor", std::to_string(ChildProcess::report_descriptor));
    if (options_.walkers) add("--walkers", std::to_string(*options_.walkers));
    if (options_.side) add("--side", std::to_string(*options_.side));
    return words;
}

Status CrashTest::start() {
    world_.reset();
    judge_.next_life();
    started_ = Clock::now();
    PERDURE_TAKE(ChildProcess child,
                 ChildProcess::start(arguments(), ChildProcess::report_descriptor));
    world_.emplace(std::move(child));
    return peer_ ? peer_->start() : Status{};
}

void CrashTest::take(const std::string& line) {
    if (const std::optional<Verdict> verdict = judge_.take(line)) {
        look_at_peer();
        show(*verdict);
    }
}

void CrashTest::look_at_peer() {
    if (!peer_) return;
    if (const auto audit = peer_->look(Clock::now() + peer_patience)) {
        if (audit->files_apart > 0) ++sums_.peer_torn;
        peer_audit_ = audit;
    }
}

// Takes lines until the judge has heard enough (null: until then), or the world ends by itself.
Status CrashTest::listen(Clock::time_point until, bool (CrashJudge::*enough)() const) {
    while (enough == nullptr || !(judge_.*enough)()) {
        const auto line = world_->read_line(until);
        if (!line) break;
        take(*line);
    }
    if (world_->ended()) return ended_by_itself();
    return {};
}

Status CrashTest::ended_by_itself() {
    const int exit = world_->wait();
    const bool is_damaged = exit == static_cast<int>(ExitCode::damaged);
    // Nothing was done yet: the world said why, and what is no for it is no for us.
    const bool is_refused = exit == static_cast<int>(ExitCode::refused) && sums_.kills == 0;
    if (sums_.kills > 0 && (is_damaged || exit == static_cast<int>(ExitCode::no))) ++sums_.losses;
    return error(
        is_damaged   ? Code::corrupt
        : is_refused ? Code::invalid
                     : Code::io,
        "the world ended by itself, exit code {}, after tick {}; start it with: perdure demo {}",
        exit, judge_.acknowledged(), options_.directory);
}

// Any moment is as likely as any other: of its opening, or of its life.
Status CrashTest::live_and_die() {
    const bool while_opening =
        opening_max_ > Clock::duration{} && random_.chance(1, kill_while_opening_once_in);
    if (while_opening) {
        PERDURE_TRY(listen(started_ + seconds(random_.uniform() *
                                              std::chrono::duration<double>(opening_max_).count()),
                           nullptr));
    } else {
        PERDURE_TRY(listen(Clock::now() + patience, &CrashJudge::has_staged));
        if (!judge_.has_staged()) return error(Code::io, "the world says nothing for too long");
        opening_max_ = std::max(opening_max_, Clock::now() - started_);
        PERDURE_TRY(
            listen(Clock::now() + seconds(random_.uniform() * 2 * options_.interval), nullptr));
    }
    world_->kill_now();
    if (peer_) peer_->kill_now();
    const double lived = std::chrono::duration<double>(Clock::now() - started_).count();
    while (const auto line = world_->read_line(Clock::now() + patience)) take(*line);
    const bool opening = !judge_.has_staged();
    moment_ = fmt::format("{:.2f} s{}", lived, opening ? ", opening" : "");
    ++sums_.kills;
    if (opening) ++sums_.kills_while_opening;
    if (!judge_.has_recovered()) {
        show_headings();
        say(fmt::format("{:>5}  {:<18} before it could say what it recovered", sums_.kills,
                        moment_));
    }
    return {};
}

// The last kill is judged by one more opening, which is then closed in good order.
Status CrashTest::last_life() {
    PERDURE_TRY(start());
    PERDURE_TRY(listen(Clock::now() + patience, &CrashJudge::has_staged));
    world_->send(SIGTERM);
    while (const auto line = world_->read_line(Clock::now() + patience)) take(*line);
    if (peer_) peer_->kill_now();
    if (const int exit = world_->wait(); exit != 0) {
        return error(Code::io, "closing the world in good order gave exit code {}", exit);
    }
    return {};
}

void CrashTest::show_headings() {
    if (shown_++ % headings_every != 0) return;
    say(fmt::format("{:>5}  {:<18} {:>10} {:>10} {:>10} {:>6} {:>7} {:>7}{}", "kill",
                    "killed after", "promised", "staged", "recovered", "lost", "coins", "goods",
                    peer_ ? "  | three files: half done, coins, goods off" : ""));
}

void CrashTest::show(const Verdict& verdict) {
    show_headings();
    std::string line =
        fmt::format("{:>5}  {:<18} {:>10} {:>10} {:>10} {:>6} {:>+7} {:>+7}", sums_.kills, moment_,
                    verdict.acknowledged, verdict.staged, verdict.recovered, verdict.ticks_lost,
                    verdict.coins_off, verdict.goods_off);
    if (peer_audit_) {
        line += fmt::format("  | {:>8} {:>8} {:>8}", peer_audit_->trades_half_done,
                            peer_audit_->coins_off, peer_audit_->goods_off);
    }
    say(line);
    for (const std::string& loss : verdict.losses) say("       LOST: " + loss);
    ++sums_.recoveries;
    sums_.ticks_lost += verdict.ticks_lost;
    sums_.coins_off += std::abs(verdict.coins_off);
    sums_.goods_off += std::abs(verdict.goods_off);
    sums_.losses += static_cast<std::uint32_t>(verdict.losses.size());
}

void CrashTest::sum_up(const std::optional<PeerAudit>& peer) {
    for (const std::string& complaint : judge_.complaints()) say("LOST: " + complaint);
    say("");
    say(fmt::format(
        "perdure      {} kills ({} while opening), {} recoveries, all judged; {} ticks promised "
        "and lost; {} coins and {} goods doubled or gone",
        sums_.kills, sums_.kills_while_opening, sums_.recoveries, sums_.ticks_lost, sums_.coins_off,
        sums_.goods_off));
    if (peer_ && !peer) {
        say("three files  not judged: the test ended early");
    } else if (peer) {
        say(fmt::format(
            "three files  {} kills; {} times its files were of different ticks; {} trades half "
            "done; {} coins and {} goods doubled or gone",
            sums_.kills, sums_.peer_torn, peer->trades_half_done, peer->coins_off,
            peer->goods_off));
    } else {
        say("three files  not run: bench_three_files is not beside this program; make bench builds "
            "it");
    }
}

Status CrashTest::run() {
    std::string beside = options_.directory;
    while (beside.size() > 1 && beside.back() == '/') beside.pop_back();
    peer_ = CrashPeer::find(beside + ".three-files", options_.rate);
    say(fmt::format("crash test of {}: {} kills, every {} s on average, --seed {}",
                    options_.directory, options_.kills, options_.interval, seed_));
    if (!peer_) say("without its peer: bench_three_files is not beside this program");
    Status killed = kill_again_and_again();
    std::optional<PeerAudit> peer;
    if (killed.ok() && peer_) {
        PERDURE_TAKE(peer, peer_->check());
    }
    sum_up(peer);
    return killed;
}

Status CrashTest::kill_again_and_again() {
    while (sums_.kills < options_.kills && !StopSignal::requested()) {
        PERDURE_TRY(start());
        PERDURE_TRY(live_and_die());
    }
    return last_life();
}

// What the world would be refused, found out before anything is started.
Status check(const CrashTestOptions& options) {
    DemoOptions demo;
    demo.directory = options.directory;
    demo.walkers = options.walkers;
    demo.side = options.side;
    io::PosixFileSystem files;
    if (const auto owner = engine::WorldDirectory(files, demo.directory).owner()) {
        return Status(Code::locked, *owner);
    }
    PERDURE_TRY(check_place(demo));
    return ground_for(demo).status();
}

}  // namespace

ExitCode run_crash_test(const CrashTestOptions& options) {
    StopSignal::install();
    if (const Status status = check(options); !status.ok()) return report(status);
    CrashTest test(options);
    const Status status = test.run();
    if (test.lost_anything()) {
        return report(ExitCode::no, options.directory + ": something was lost" +
                                        (status.ok() ? "" : "; " + status.text()));
    }
    return status.ok() ? ExitCode::done : report(status);
}

}  // namespace perdure::cli::demo
