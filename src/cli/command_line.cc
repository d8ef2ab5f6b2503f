#include "cli/command_line.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands/backup.h"
#include "cli/commands/init.h"
#include "cli/commands/inspect.h"
#include "cli/commands/repair.h"
#include "cli/commands/schema.h"
#include "cli/commands/sql.h"
#include "cli/commands/status.h"
#include "cli/commands/verify.h"
#include "cli/demo/crash_test.h"
#include "cli/demo/demo.h"
#include "cli/demo/ground.h"

namespace perdure::cli {

namespace {

using Run = std::function<ExitCode()>;

// Tells the parser a command's options; what comes back runs it with what was parsed.
struct Command {
    const char* name;
    const char* help;
    Run (*declare)(CLI::App& app);
};

constexpr const char* directory_help = "the world's directory";
constexpr double rate_max = 1e6;
constexpr std::uint32_t kills_max = 1'000'000;
constexpr double seconds_max = 1e9;

// CLI11 takes -1 for the largest number that there is.
CLI::Validator not_negative() {
    return CLI::Validator(
        [](std::string& text) {
            return text.starts_with('-') ? text + " is negative; give 0 or more" : std::string();
        },
        "");
}

Run declare_init(CLI::App& app) {
    auto directory = std::make_shared<std::string>();
    app.add_option("DIR", *directory, directory_help)->required();
    return [directory] { return run_init(*directory); };
}

Run declare_status(CLI::App& app) {
    auto options = std::make_shared<StatusOptions>();
    app.add_option("DIR", options->directory, directory_help)->required();
    app.add_flag("--json", options->json, "as one JSON object");
    return [options] { return run_status(*options); };
}

Run declare_inspect(CLI::App& app) {
    auto options = std::make_shared<InspectOptions>();
    app.add_option("DIR", options->directory, directory_help)->required();
    app.add_option("--file", options->file, "one journal file only, by name");
    app.add_option("--last", options->last, "the last N change sets only")->check(not_negative());
    app.add_flag("--rows", options->rows, "every row of them, not only how many");
    app.add_option("--rows-max", options->rows_max,
                   "the first N rows of each table in each of them");
    app.add_flag("--json", options->json, "one JSON object per line");
    return [options] { return run_inspect(*options); };
}

Run declare_verify(CLI::App& app) {
    auto options = std::make_shared<VerifyOptions>();
    app.add_option("DIR", options->directory, directory_help)->required();
    app.add_flag("--json", options->json, "as one JSON object");
    return [options] { return run_verify(*options); };
}

Run declare_backup(CLI::App& app) {
    auto options = std::make_shared<BackupCommandOptions>();
    app.add_option("DIR", options->directory, directory_help)->required();
    app.add_option("--to", options->target, "the backup's directory, which must not exist")
        ->required();
    app.add_flag("--json", options->json, "as one JSON object");
    return [options] { return run_backup(*options); };
}

Run declare_restore(CLI::App& app) {
    auto options = std::make_shared<RestoreCommandOptions>();
    app.add_option("DIR", options->directory, "the backup's directory")->required();
    app.add_option("--to", options->target, "the world's directory, which must not exist")
        ->required();
    app.add_flag("--as-new", options->as_new, "a world of its own, with a new identity");
    app.add_flag("--json", options->json, "as one JSON object");
    return [options] { return run_restore(*options); };
}

Run declare_repair(CLI::App& app) {
    auto options = std::make_shared<RepairCommandOptions>();
    app.add_option("DIR", options->directory, directory_help)->required();
    auto* remedy = app.add_option("--remedy", options->remedy,
                                  "do this one; without it they are listed, nothing is changed");
    app.add_flag("--yes", options->yes, "go on although something acknowledged is lost")
        ->needs(remedy);
    app.add_flag("--json", options->json, "as one JSON object");
    return [options] { return run_repair(*options); };
}

Run declare_sql(CLI::App& app) {
    auto options = std::make_shared<SqlOptions>();
    app.add_option("DIR", options->directory, directory_help)->required();
    app.add_option("QUERY", options->query, "one SQL query; it can change nothing")->required();
    app.add_flag("--json", options->json, "one JSON object per row");
    return [options] { return run_sql(*options); };
}

Run declare_schema(CLI::App& app) {
    auto run = std::make_shared<Run>();
    auto show = std::make_shared<SchemaShowOptions>();
    auto diff = std::make_shared<SchemaDiffOptions>();
    auto drop = std::make_shared<SchemaDropOptions>();
    app.require_subcommand(1);
    CLI::App* showing =
        app.add_subcommand("show", "tables, fields, numbers, and since when they are so");
    showing->add_option("DIR", show->directory, directory_help)->required();
    showing->add_flag("--json", show->json, "as one JSON object, which diff can read (*.json)");
    showing->callback([run, show] { *run = [show] { return run_schema_show(*show); }; });
    CLI::App* comparing =
        app.add_subcommand("diff", "how two worlds differ, or, of one alone, how it came to be so");
    comparing->add_option("DIR", diff->directory, directory_help)->required();
    comparing->add_option("OTHER", diff->other, "another world, or a dump of one (*.json)");
    comparing->add_flag("--json", diff->json, "one JSON object per difference");
    comparing->callback([run, diff] { *run = [diff] { return run_schema_diff(*diff); }; });
    CLI::App* dropping =
        app.add_subcommand("drop", "what a removed field still holds goes for good");
    dropping->add_option("DIR", drop->directory, directory_help)->required();
    dropping->add_option("FIELD", drop->field, "table.field")->required();
    dropping->callback([run, drop] { *run = [drop] { return run_schema_drop(*drop); }; });
    return [run] { return (*run)(); };
}

// Everything that demo can be told; the crash test takes its share.
struct DemoArguments {
    demo::DemoOptions demo;
    demo::CrashTestOptions crash;
    std::string directory;
    bool crash_test = false;
};

ExitCode run_demo_or_crash_test(DemoArguments& arguments) {
    if (!arguments.crash_test) {
        if (!arguments.directory.empty()) arguments.demo.directory = arguments.directory;
        return demo::run_demo(arguments.demo);
    }
    if (arguments.demo.ticks > 0 || arguments.demo.seconds > 0) {
        return report(ExitCode::refused,
                      "--crash-test ends after its --kills; leave out --ticks and --seconds");
    }
    if (!arguments.directory.empty()) arguments.crash.directory = arguments.directory;
    arguments.crash.rate = arguments.demo.rate;
    arguments.crash.seed = arguments.demo.seed;
    arguments.crash.walkers = arguments.demo.walkers;
    arguments.crash.side = arguments.demo.side;
    return demo::run_crash_test(arguments.crash);
}

Run declare_demo(CLI::App& app) {
    auto all = std::make_shared<DemoArguments>();
    demo::DemoOptions& options = all->demo;
    app.add_option("DIR", all->directory,
                   "the world's directory, made if missing (default demo-world; crash-test-world)");
    app.add_option("--ticks", options.ticks, "stop after so many ticks")->check(not_negative());
    app.add_option("--seconds", options.seconds, "stop after so many seconds")
        ->check(CLI::Range(0.0, seconds_max));
    app.add_option("--rate", options.rate, "ticks a second; 0: as fast as it goes (default 20)")
        ->check(CLI::Range(0.0, rate_max));
    app.add_option("--walkers", options.walkers,
                   "of a new world (default 10000, fewer on less ground)")
        ->check(CLI::Range(1U, demo::columns_max));
    app.add_option("--side", options.side,
                   "of a new world: a square of the ground, so many columns wide")
        ->check(CLI::Range(1U, demo::columns_max));
    app.add_option("--seed", options.seed,
                   "of a new world's chance (default 1); of the crash test's moments")
        ->check(not_negative());
    app.add_flag("--plain", options.plain, "lines instead of the map, on a terminal too");
    auto* crash_test = app.add_flag("--crash-test", all->crash_test,
                                    "kill the world again and again, and judge what comes back");
    app.add_option("--kills", all->crash.kills, "of a crash test: how many (default 20)")
        ->check(CLI::Range(1U, kills_max))
        ->needs(crash_test);
    app.add_option("--interval", all->crash.interval,
                   "of a crash test: seconds between kills (default 3)")
        ->check(CLI::Range(0.01, 3600.0))
        ->needs(crash_test);
    app.add_option("--report-descriptor", options.report_descriptor)->group("");  // hidden
    return [all] { return run_demo_or_crash_test(*all); };
}

constexpr std::array commands{
    Command{"demo", "watch a world live; kill it, start it again, and it goes on", declare_demo},
    Command{"init", "make an empty world", declare_init},
    Command{"status", "say what a world is, who has it and how far it is", declare_status},
    Command{"inspect", "decode the journal and the catalog, touching nothing", declare_inspect},
    Command{"verify", "judge every byte of a world at rest and print its state digest",
            declare_verify},
    Command{"backup", "copy a world as it is at one moment; beside a running owner too",
            declare_backup},
    Command{"restore", "make a world from a backup, in a new directory", declare_restore},
    Command{"repair", "list the remedies for what is damaged; do one, which moves, never deletes",
            declare_repair},
    Command{"schema", "show tables and fields, how they changed, and drop what is removed",
            declare_schema},
    Command{"sql", "ask the store; beside a running owner too", declare_sql},
};

bool is_command_or_option(std::string_view word) {
    return word.starts_with('-') ||
           std::any_of(commands.begin(), commands.end(),
                       [word](const Command& command) { return command.name == word; });
}

constexpr const char* footer =
    "Exit codes: 0 done, 1 the answer is no, 2 refused (bad arguments, no world there, a newer "
    "format,\n"
    "locked), 3 damaged, 4 failed.";

}  // namespace

ExitCode run_command_line(int argc, char** argv) {
    if (argc > 1 && !is_command_or_option(argv[1])) {
        return report(ExitCode::refused,
                      fmt::format("there is no command '{}'; see perdure --help", argv[1]));
    }
    CLI::App app("Perdure keeps worlds alive.", "perdure");
    app.set_version_flag("--version", "perdure " PERDURE_VERSION);
    app.require_subcommand(1);
    app.footer(footer);
    Run run;
    for (const Command& command : commands) {
        CLI::App* sub = app.add_subcommand(command.name, command.help);
        sub->callback([&run, chosen = command.declare(*sub)] { run = chosen; });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help, --version: CLI11 ends these by throwing
        app.exit(success);
        return ExitCode::done;
    } catch (const CLI::ParseError& wrong) {
        return report(ExitCode::refused, std::string(wrong.what()) + "; see perdure --help");
    }
    return run();
}

}  // namespace perdure::cli
