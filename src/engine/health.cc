#include "perdure/health.h"

#include "base/quantity.h"
#include "base/text.h"
#include "model/utf8.h"
#include "perdure/runtime.h"

namespace perdure {
namespace {

// "LSN 90, 1,000 behind"
std::string place_text(std::uint64_t lsn, std::uint64_t ahead) {
    std::string shown = text::format("LSN {}", lsn);
    if (ahead > lsn) shown += text::format(", {} behind", count_text(ahead - lsn));
    return shown;
}

std::string used_text(std::uint64_t used, std::uint64_t all) {
    return text::format("{} of {}", bytes_text(used), bytes_text(all));
}

}  // namespace

std::string to_text(const Health& health) {
    std::string shown = text::format("state    {}, epoch {}\n",
                                     health.read_only ? "read-only" : "open", health.epoch);
    if (!health.trouble.ok()) {
        shown += text::format("trouble  {}\n", printable(health.trouble.text()));
    }
    shown += text::format("newest   LSN {}, tick {}\n", health.accepted_lsn,
                          health.tick ? std::to_string(*health.tick) : "none");
    shown += text::format("durable  {}; last flush {}\n",
                          place_text(health.durable_lsn, health.accepted_lsn),
                          duration_text(health.flush_us_last));
    shown += text::format(
        "store    {}, {}; safe from power failure: {}; {}\n", printable(health.store),
        place_text(health.stored_lsn, health.accepted_lsn),
        place_text(health.safe_lsn, health.accepted_lsn), bytes_text(health.store_bytes));
    shown += text::format("pending  {}, {}; index {}\n",
                          count_text(health.pending_changes, "change set"),
                          used_text(health.pending_bytes, health.pending_share_bytes),
                          used_text(health.index_bytes, health.index_share_bytes));
    shown += text::format(
        "journal  {} in {}; written {}, prepared {}, {}\n",
        used_text(health.journal_bytes, health.journal_share_bytes),
        count_text(health.journal_files, "file"), bytes_text(health.journal_bytes_written),
        bytes_text(health.journal_bytes_prepared), count_text(health.journal_groups, "group"));
    if (health.disk_free_bytes) {
        shown += text::format("disk     {} free when a journal file was last prepared\n",
                              bytes_text(*health.disk_free_bytes));
    }
    shown += text::format("drained  {} in {}\n", count_text(health.rows_drained, "row"),
                          count_text(health.drains, "transaction"));
    shown +=
        text::format("refused  {} (busy); {} waited for a journal file\n",
                     count_text(health.refused_busy, "commit"), count_text(health.prepare_waits));
    if (health.invariant_alarms > 0) {
        shown += text::format("alarms   {} of invariants\n", count_text(health.invariant_alarms));
    }
    shown += text::format("budgets  of {}", count_text(health.worlds, "world"));
    return shown;
}

std::string to_text(const RuntimeHealth& health) {
    return text::format(
        "runtime  {}, {}, {}\n"
        "pending  {}\n"
        "index    {}\n"
        "journal  {}\n"
        "caches   {}\n"
        "pool     {} kept unused",
        count_text(health.worlds, "world"), count_text(health.threads, "thread"),
        count_text(health.visits, "visit"),
        used_text(health.pending_bytes, health.pending_bytes_max),
        used_text(health.index_bytes, health.index_bytes_max),
        used_text(health.journal_bytes, health.journal_bytes_max),
        used_text(health.store_cache_bytes, health.store_cache_bytes_max),
        bytes_text(health.pool_bytes));
}

}  // namespace perdure
