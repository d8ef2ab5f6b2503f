#include "cli/demo/crash_peer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace perdure::cli::demo {

namespace {

constexpr auto audit_patience = std::chrono::seconds(60);

}  // namespace

std::optional<PeerAudit> parse_peer_audit(const std::string& line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto number = [&json](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
    };
    const auto [oldest, newest] =
        std::minmax({number("players_tick"), number("chests_tick"), number("ledger_tick")});
    return PeerAudit{newest - oldest, number("trades_half_done"), number("coins_misplaced"),
                     number("goods_misplaced")};
}

CrashPeer::CrashPeer(std::string program, std::string directory, double rate)
    : program_(std::move(program)), directory_(std::move(directory)), rate_(rate) {}

std::unique_ptr<CrashPeer> CrashPeer::find(std::string directory, double rate) {
    const std::optional<std::string> program = sibling_program("bench_three_files");
    if (!program) return nullptr;
    return std::unique_ptr<CrashPeer>(new CrashPeer(*program, std::move(directory), rate));
}

std::vector<std::string> CrashPeer::arguments() const {
    return {program_, "--dir", directory_, "--ticks-per-second", fmt::format("{}", rate_)};
}

Status CrashPeer::start() {
    PERDURE_TAKE(ChildProcess child,
                 ChildProcess::start(arguments(), ChildProcess::standard_output));
    process_.reset();
    process_.emplace(std::move(child));
    return {};
}

std::optional<PeerAudit> CrashPeer::look(ChildProcess::Time until) {
    if (!process_) return std::nullopt;
    const std::optional<std::string> line = process_->read_line(until);
    return line ? parse_peer_audit(*line) : std::nullopt;
}

void CrashPeer::kill_now() {
    if (process_) process_->kill_now();
}

Result<PeerAudit> CrashPeer::check() {
    std::vector<std::string> words = arguments();
    words.emplace_back("--check");
    PERDURE_TAKE(ChildProcess child, ChildProcess::start(words, ChildProcess::standard_output));
    const auto line = child.read_line(std::chrono::steady_clock::now() + audit_patience);
    const std::optional<PeerAudit> audit = line ? parse_peer_audit(*line) : std::nullopt;
    if (!audit)
        return error(Code::io, "{} --check gave no audit; look at {}", program_, directory_);
    return *audit;
}

}  // namespace perdure::cli::demo
