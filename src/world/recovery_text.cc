// A RecoveryReport in words.
#include "base/quantity.h"
#include "base/text.h"
#include "model/utf8.h"
#include "perdure/world.h"

namespace perdure {

std::string to_text(const RecoveryReport& report) {
    std::string shown = report.created ? "made a new world"
                        : report.clean ? "opened a world that was closed"
                                       : "opened a world that was not closed";
    shown += text::format(
        ": {}; replayed {} ({}); cut {}; {:.3f} s",
        report.entities == 1 ? "1 entity" : count_text(report.entities) + " entities",
        count_text(report.replayed_changes, "change set"), bytes_text(report.replayed_bytes),
        bytes_text(report.torn_bytes), report.seconds);
    for (const std::string& remark : report.remarks) shown += "\n  " + printable(remark);
    return shown;
}

}  // namespace perdure
