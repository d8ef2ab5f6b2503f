#include "cli/store_view.h"

#include <utility>

#include "base/error.h"
#include "store/sqlite/log_mark.h"
#include "store/sqlite/private_copy.h"

namespace perdure::cli {

using store::sqlite::QueryAnswer;

Result<StoreView> StoreView::open(io::FileSystem& files, const engine::WorldDirectory& directory) {
    StoreView view(directory);
    view.at_rest_ = !directory.owner();
    if (!view.at_rest_) return view;
    PERDURE_TAKE(const bool has_log, files.exists(directory.store() + "-wal"));
    if (!has_log) return view;
    const auto found = store::sqlite::look_at_log(files, directory.store());
    view.at_rest_ = !directory.owner();  // one that came just now is what we saw at work
    if (!view.at_rest_) return view;
    PERDURE_TRY(found.status());
    PERDURE_TRY(store::sqlite::refuse_cut(*found, directory.store()));
    PERDURE_TAKE(Scratch scratch, Scratch::make());
    view.scratch_.emplace(std::move(scratch));
    auto copy = store::sqlite::copy_files(files, directory.store(), view.scratch_->path());
    if (copy) {
        view.copy_ = *std::move(copy);
    } else if (directory.owner()) {
        view.at_rest_ = false;  // it came just now, and took away what was to be copied
    } else {
        return copy.status();
    }
    return view;
}

Result<QueryAnswer> StoreView::ask(const std::string& sql) const {
    if (!at_rest_) return store::sqlite::run_query(directory_.store(), sql);
    Result<QueryAnswer> answer =
        copy_.empty() ? store::sqlite::run_query(directory_.store(), sql, {.at_rest = true})
                      : store::sqlite::run_query(copy_, sql);
    // An owner that came meanwhile may have written while we read or copied.
    if (directory_.owner()) return store::sqlite::run_query(directory_.store(), sql);
    if (answer.ok() || copy_.empty()) return answer;
    return store::sqlite::told_of_original(answer.status(), copy_, directory_.store());
}

}  // namespace perdure::cli
