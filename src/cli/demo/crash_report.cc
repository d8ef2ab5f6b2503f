#include "cli/demo/crash_report.h"

#include <climits>

#include <fmt/format.h>
#include <unistd.h>

#include "base/assert.h"
#include "cli/demo/books.h"
#include "cli/demo/components.h"
#include "cli/demo/state_digest.h"
#include "cli/stop_signal.h"

namespace perdure::cli::demo {

void CrashReport::recovered(const Audit& audit) const {
    if (!wanted()) return;
    write_state("recovered", audit.tick, audit.coins, audit.goods);
    for (const std::string& fault : audit.faults) write_line("fault " + fault);
}

void CrashReport::recovered_empty() const {
    if (wanted()) write_state("recovered", 0, 0, 0);
}

void CrashReport::staged() const {
    if (!wanted()) return;
    const Totals& totals = *world_.entities().get<Totals>(world_entity);
    std::int64_t held = 0;
    for (const Good& good : goods) {
        held += static_cast<std::int64_t>(totals.*good.produced - totals.*good.eaten);
    }
    write_state("staged", world_.next_tick(), totals.coins, held);
}

void CrashReport::follow(const Token& token) const {
    if (!wanted()) return;
    const std::uint64_t tick = token.tick().value_or(0);
    token.then([report = *this, tick](const Status& status) {
        if (status.ok()) report.write_line(fmt::format("acknowledged {}", tick));
    });
}

void CrashReport::write_state(const char* word, std::uint64_t tick, std::int64_t coins,
                              std::int64_t goods_held) const {
    write_line(
        fmt::format("{} {} {} {} {}", word, tick, state_digest(world_).hex(), coins, goods_held));
}

void CrashReport::write_line(const std::string& line) const {
    std::string whole = line.substr(0, PIPE_BUF - 1);
    whole += '\n';
    const ssize_t written = write(descriptor_, whole.data(), whole.size());
    if (written != static_cast<ssize_t>(whole.size())) StopSignal::request();  // nobody is left
}

}  // namespace perdure::cli::demo
