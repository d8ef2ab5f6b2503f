#include "cli/demo/announcements.h"

#include <cstdint>
#include <cstdio>

#include <fmt/format.h>

#include "base/quantity.h"
#include "cli/stop_signal.h"

namespace perdure::cli::demo {

void announce(const std::string& line) {
    if (std::fputs((line + "\n").c_str(), stdout) == EOF || std::fflush(stdout) == EOF) {
        StopSignal::request();
    }
}

void announce_recovery(const RecoveryReport& report, const std::string& directory) {
    if (report.created) {
        announce(fmt::format("new world in {}", directory));
        return;
    }
    announce(
        fmt::format("{} {}", directory,
                    report.clean ? "was closed in good order" : "was not closed: recovered it"));
    if (report.replayed_changes > 0 || report.torn_bytes > 0) {
        announce(
            fmt::format("  from the journal alone: {} change sets, {}; cut from its torn end: {}",
                        count_text(report.replayed_changes), bytes_text(report.replayed_bytes),
                        bytes_text(report.torn_bytes)));
    }
    for (const std::string& remark : report.remarks) announce("  " + remark);
    announce(fmt::format("  {} entities alive in {:.2f} s", count_text(report.entities),
                         report.seconds));
}

void announce_audit(const Audit& audit) {
    announce(
        fmt::format("  last tick {}; coins {} of {}, goods {} of {}; {} trades, {} read again: {}",
                    audit.tick, count_text(static_cast<std::uint64_t>(audit.coins)),
                    count_text(static_cast<std::uint64_t>(audit.coins_expected)),
                    count_text(static_cast<std::uint64_t>(audit.goods)),
                    count_text(static_cast<std::uint64_t>(audit.goods_expected)),
                    count_text(audit.trades), count_text(audit.trades_read),
                    audit.faults.empty() ? "all as they were" : "NOT as they were"));
    for (const std::string& fault : audit.faults) announce("  wrong: " + fault);
}

}  // namespace perdure::cli::demo
