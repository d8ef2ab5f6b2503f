// ExitCode: what every command ends with, and the one place that knows which kind of trouble gives
// which.
#pragma once

#include <string_view>

#include "perdure/status.h"

namespace perdure::cli {

enum class ExitCode : int {
    done = 0,
    no = 1,       // it worked, and the answer is no
    refused = 2,  // bad arguments, no world there, a newer format, locked; nothing was changed
    damaged = 3,
    failed = 4,
};

[[nodiscard]] ExitCode exit_code(Code code) noexcept;

// One line on stderr, "perdure: …", and the code that goes with it.
[[nodiscard]] ExitCode report(const Status& status);
[[nodiscard]] ExitCode report(ExitCode code, std::string_view text);

}  // namespace perdure::cli
