#include "cli/commands/sql.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/store_view.h"
#include "cli/text_table.h"
#include "cli/value_text.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"

namespace perdure::cli {

namespace {

using store::sqlite::QueryAnswer;

void print_table(const QueryAnswer& answer) {
    TextTable table(answer.columns);
    for (const auto& row : answer.rows) {
        std::vector<std::string> cells;
        cells.reserve(row.size());
        for (const Value& value : row) cells.push_back(value_text(value));
        table.add(std::move(cells));
    }
    fmt::print("{}", table.text());
}

void print_json(const QueryAnswer& answer) {
    for (const auto& row : answer.rows) {
        nlohmann::ordered_json json = nlohmann::ordered_json::object();
        for (std::size_t column = 0; column < row.size(); ++column) {
            json[answer.columns[column]] = value_json(row[column]);
        }
        fmt::print("{}", json_line(json));
    }
}

Result<QueryAnswer> ask(const SqlOptions& options) {
    io::PosixFileSystem files;
    const engine::WorldDirectory directory(files, options.directory);
    PERDURE_TRY(directory.read_identity().status());
    PERDURE_TAKE(const StoreView store, StoreView::open(files, directory));
    return store.ask(options.query);
}

}  // namespace

ExitCode run_sql(const SqlOptions& options) {
    const Result<QueryAnswer> answer = ask(options);
    if (!answer) return report(answer.status());
    if (options.json) {
        print_json(*answer);
    } else {
        print_table(*answer);
    }
    if (answer->cut_off) {
        fmt::print(stderr, "perdure: only the first {} rows are shown; ask for fewer\n",
                   answer->rows.size());
    }
    return ExitCode::done;
}

}  // namespace perdure::cli
