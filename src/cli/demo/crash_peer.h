// CrashPeer: the usual way to save a game, three files with a transaction each, killed beside the
// world of a crash test: the program bench_three_files, if it was built (make bench builds it).
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/demo/child_process.h"
#include "perdure/status.h"

namespace perdure::cli::demo {

// What its own audit finds.
struct PeerAudit {
    std::int64_t files_apart = 0;  // ticks between the newest and the oldest of its files
    std::int64_t trades_half_done = 0;
    std::int64_t coins_off = 0;  // doubled or gone
    std::int64_t goods_off = 0;
};

[[nodiscard]] std::optional<PeerAudit> parse_peer_audit(const std::string& line);

class CrashPeer {
public:
    // Null: the program is not there.
    static std::unique_ptr<CrashPeer> find(std::string directory, double rate);

    Status start();
    // The line that it began with, once it is there.
    std::optional<PeerAudit> look(ChildProcess::Time until);
    void kill_now();
    // As it is now, at rest.
    Result<PeerAudit> check();

private:
    CrashPeer(std::string program, std::string directory, double rate);
    [[nodiscard]] std::vector<std::string> arguments() const;

    std::string program_;
    std::string directory_;
    double rate_;
    std::optional<ChildProcess> process_;
};

}  // namespace perdure::cli::demo
