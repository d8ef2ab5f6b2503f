// The command line: one table of commands; each is parsed here, checked, and handed to its
// function.
#pragma once

#include "cli/exit_code.h"

namespace perdure::cli {

// Parses and runs. Help and version go to stdout; what is wrong with the arguments, to stderr, in
// one line.
[[nodiscard]] ExitCode run_command_line(int argc, char** argv);

}  // namespace perdure::cli
