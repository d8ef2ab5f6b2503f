#include "jobs/table_walk.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "model/catalog.h"
#include "model/digest.h"
#include "world/categories.h"

namespace perdure::jobs {
namespace {

// Of a page: enough that the cost of asking disappears, little enough for any machine.
constexpr std::uint64_t page_bytes_wanted = 8ULL << 20;
constexpr std::uint32_t page_rows_first = 256;
constexpr std::uint32_t page_rows_max = 16'384;
constexpr std::uint32_t page_rows_growth = 4;  // small rows first say little of those behind them
// A page of rows that are larger than those before them may not fit one batch: fewer are asked for.
constexpr std::uint32_t page_rows_divisor = 8;
// How much is written before the log is copied into the file: the log stays about as large.
constexpr std::uint64_t checkpoint_bytes = 64ULL << 20;

Status take_all(Catalog& catalog, store::Store& store) {
    PERDURE_TAKE(const auto definitions, store.definitions());
    for (const TableDefinition& definition : definitions) PERDURE_TRY(catalog.add(definition));
    return {};
}

// The pages of one table after the other, from snapshots that are opened anew when they grow old.
class PageReader {
public:
    explicit PageReader(store::Store& store) : store_(store) {}

    // The page after `after`, or the first one; without rows behind the last.
    Result<Batch> next(const TableDefinition& table, const Batch* after) {
        if (after == nullptr) rows_ = page_rows_first;
        for (;;) {
            if (!snapshot_) {
                PERDURE_TAKE(snapshot_, store_.snapshot());
            }
            auto page =
                snapshot_->scan(table, after, after == nullptr ? 0 : after->rows() - 1, rows_);
            if (page.status().code() == Code::expired) {
                snapshot_.reset();
            } else if (page.status().code() == Code::no_space && rows_ > 1) {
                rows_ = std::max(rows_ / page_rows_divisor, 1U);
            } else {
                if (page.ok() && page->rows() > 0) fit(*page);
                return page;
            }
        }
    }

private:
    void fit(const Batch& page) {
        const std::uint64_t row_bytes = std::max<std::uint64_t>(page.bytes() / page.rows(), 1);
        const std::uint64_t most = std::min(rows_ * page_rows_growth, page_rows_max);
        rows_ = static_cast<std::uint32_t>(
            std::clamp<std::uint64_t>(page_bytes_wanted / row_bytes, 1, most));
    }

    store::Store& store_;
    std::unique_ptr<store::Snapshot> snapshot_;
    std::uint32_t rows_ = page_rows_first;
};

Result<std::map<std::string, Category>> read_categories(const Catalog& catalog, PageReader& pages) {
    std::map<std::string, Category> found;
    const TableDefinition* const table = catalog.find("_categories");
    if (table == nullptr) return found;
    PERDURE_TAKE(Batch page, pages.next(*table, nullptr));
    while (page.rows() > 0) {
        for (std::uint32_t row = 0; row < page.rows(); ++row) {
            PERDURE_TAKE(Category category, read_category(page, row));
            std::string name = category.name;
            found.insert_or_assign(std::move(name), std::move(category));
        }
        PERDURE_TAKE(page, pages.next(*table, &page));
    }
    return found;
}

// Writes what is walked into another store.
class TableWriting {
public:
    TableWriting(store::Store& to, const Watermark& at, const GoOn& go_on)
        : to_(to), at_(at), fence_{at.epoch, Watermark{}}, go_on_(go_on) {}

    Status define(store::Store& from) {
        PERDURE_TAKE(const auto definitions, from.definitions());
        return definitions.empty() ? Status() : to_.apply(fence_, Watermark{}, definitions);
    }

    Status write(Batch& page) {
        store::Change change;
        change.table = &page.table();
        change.upserted.push_back(std::move(page));
        const Status applied = to_.apply(fence_, Watermark{}, std::span(&change, 1));
        page = std::move(change.upserted.front());
        PERDURE_TRY(applied);
        written_ += page.bytes();
        if (written_ >= checkpoint_bytes) {
            written_ = 0;
            PERDURE_TRY(checkpoint());
        }
        return go_on_();
    }

    // Only now does the store say where it is.
    Status finish() {
        PERDURE_TRY(to_.apply(fence_, at_, std::span<const store::Change>{}));
        PERDURE_TRY(checkpoint());
        PERDURE_TAKE(const store::Watermarks marks, to_.watermarks());
        if (marks.visible == at_ && marks.safe == at_.lsn) return {};
        return error(Code::io,
                     "the new store is safe up to LSN {} of {} and goes no further: another "
                     "program reads it; end that program and try again",
                     marks.safe, at_.lsn);
    }

private:
    Status checkpoint() {
        for (bool more = true; more;) {
            PERDURE_TAKE(more, to_.checkpoint_step());
        }
        return {};
    }

    store::Store& to_;
    const Watermark at_;
    const store::Fence fence_;
    const GoOn& go_on_;
    std::uint64_t written_ = 0;
};

}  // namespace

Result<std::map<std::string, Category>> stored_categories(store::Store& store) {
    Catalog catalog;
    PERDURE_TRY(take_all(catalog, store));
    PageReader pages(store);
    return read_categories(catalog, pages);
}

Result<Contents> walk_tables(store::Store& store, const std::function<Status(Batch&)>& visit) {
    Catalog catalog;
    PERDURE_TRY(take_all(catalog, store));
    PageReader pages(store);
    PERDURE_TAKE(const auto categories, read_categories(catalog, pages));
    Contents contents;
    for (const TableDefinition* table : catalog.tables()) {
        const auto category = categories.find(table->category);
        if (category != categories.end() && category->second.durability == Level::ephemeral) {
            continue;
        }
        std::uint64_t& rows = contents.tables[table->name];
        PERDURE_TAKE(Batch page, pages.next(*table, nullptr));
        while (page.rows() > 0) {
            contents.digest = contents.digest + batch_digest(page);
            rows += page.rows();
            PERDURE_TRY(visit(page));
            PERDURE_TAKE(page, pages.next(*table, &page));
        }
        contents.rows += rows;
    }
    return contents;
}

Result<Contents> copy_tables(store::Store& from, store::Store& to, const GoOn& go_on) {
    PERDURE_TAKE(const store::Watermarks source, from.watermarks());
    PERDURE_TAKE(const store::Watermarks target, to.watermarks());
    PERDURE_ASSERT(target.visible == Watermark{});
    TableWriting writing(to, source.visible, go_on);
    PERDURE_TRY(writing.define(from));
    PERDURE_TAKE(Contents contents,
                 walk_tables(from, [&](Batch& page) { return writing.write(page); }));
    PERDURE_TRY(writing.finish());
    return contents;
}

}  // namespace perdure::jobs
