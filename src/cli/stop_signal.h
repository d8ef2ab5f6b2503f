// StopSignal: SIGINT and SIGTERM ask a command to end in good order. A second one ends the process
// at once.
#pragma once

namespace perdure::cli {

class StopSignal {
public:
    // Installs the handlers; also ignores SIGPIPE, so that a reader who left is a failed write.
    static void install();
    [[nodiscard]] static bool requested() noexcept;
    // The same from inside: nobody listens any more.
    static void request() noexcept;
};

}  // namespace perdure::cli
