#include "cli/exit_code.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace perdure::cli {

namespace {

struct Mapping {
    Code code;
    ExitCode exit;
};

constexpr std::array mappings{
    Mapping{Code::ok, ExitCode::done},
    Mapping{Code::invalid, ExitCode::refused},
    Mapping{Code::not_found, ExitCode::refused},
    Mapping{Code::conflict, ExitCode::no},
    Mapping{Code::busy, ExitCode::failed},
    Mapping{Code::not_loaded, ExitCode::failed},
    Mapping{Code::read_only, ExitCode::failed},
    Mapping{Code::unknown, ExitCode::failed},
    Mapping{Code::locked, ExitCode::refused},
    Mapping{Code::unsupported, ExitCode::refused},
    Mapping{Code::incompatible, ExitCode::refused},
    Mapping{Code::corrupt, ExitCode::damaged},
    Mapping{Code::no_space, ExitCode::failed},
    Mapping{Code::io, ExitCode::failed},
    Mapping{Code::expired, ExitCode::failed},
    Mapping{Code::refused, ExitCode::no},
};

}  // namespace

ExitCode exit_code(Code code) noexcept {
    const auto* found =
        std::find_if(mappings.begin(), mappings.end(),
                     [code](const Mapping& mapping) { return mapping.code == code; });
    return found == mappings.end() ? ExitCode::failed : found->exit;
}

ExitCode report(const Status& status) { return report(exit_code(status.code()), status.text()); }

ExitCode report(ExitCode code, std::string_view text) {
    std::string line(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    fmt::print(stderr, "perdure: {}\n", line);
    return code;
}

}  // namespace perdure::cli
