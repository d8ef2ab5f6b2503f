#include "store/sqlite/salvage.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/exact.h"
#include "store/sqlite/store_file.h"
#include "store/sqlite/table_rows.h"
#include "store/sqlite/table_sql.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t rows_at_once = 4096;
constexpr std::uint64_t narrow = 1024;  // a page holds some hundreds of small rows

// Without row numbers: the schema says so in our own words.
Result<bool> is_clustered(Connection& connection, const TableDefinition& table) {
    PERDURE_TAKE(Statement select,
                 connection.prepare("SELECT sql LIKE '%WITHOUT ROWID%' FROM sqlite_schema"
                                    " WHERE type = 'table' AND name = ?1"));
    const std::string name = sql_name(table);
    select.bind(1, std::string_view(name));
    PERDURE_TAKE(const bool is_row, select.step());
    if (!is_row) return error(Code::corrupt, "there is no table {}", table.name);
    return select.integer(0) != 0;
}

// The key's columns, as ORDER BY wants them.
std::string order_by(const TableDefinition& table, bool backwards) {
    std::string names;
    for (const Column& column : table.key()) {
        if (!names.empty()) names += ", ";
        names += quoted_name(column.name) + (backwards ? " DESC" : "");
    }
    return names;
}

// Reads one table in pieces. Positions are values of `scale_`: the row number, which is the key
// where the key is one integer, or the first column of the key of a clustered table.
class TableSalvage {
public:
    TableSalvage(Connection& connection, const TableDefinition& table, bool clustered,
                 const std::function<Status(Batch&&)>& take)
        : connection_(connection),
          table_(table),
          take_(take),
          clustered_(clustered),
          scaled_(!clustered || is_sql_integer(table.columns[0].type.kind)),
          scale_(clustered ? quoted_name(table.columns[0].name) : "_rowid_"),
          scale_at_(static_cast<int>(table.columns.size()) + (has_reals(table) ? 1 : 0)),
          gatherer_(table) {
        const bool key_is_number =
            table.key_columns == 1 && is_sql_integer(table.columns[0].type.kind);
        if (!clustered && !key_is_number) {
            report_.by = SalvagedTable::By::row_number;
        } else if (scaled_) {
            report_.by = SalvagedTable::By::key;
        }
    }

    Result<SalvagedTable> run() {
        PERDURE_TAKE(const Reached forwards, scan(least, greatest, false));
        if (forwards.whole) return finish();
        // Not over what was read already: a disk that fails once may answer the second time.
        PERDURE_TAKE(const Reached backwards, scan(unread_from(forwards), greatest, true));
        if (!scaled_) {
            report_.gaps.push_back({});
            return finish();
        }
        Interval gap{least, greatest};
        if (forwards.any) gap.first = after(forwards.last);
        if (backwards.any) gap.last = before(backwards.last);
        if (gap.first > gap.last) {  // within the rows of one number
            report_.gaps.push_back({forwards.last, backwards.last});
            return finish();
        }
        PERDURE_TRY(search(gap));
        return finish();
    }

private:
    struct Interval {
        std::int64_t first = 0;
        std::int64_t last = 0;
        bool galloped = false;

        [[nodiscard]] std::uint64_t width() const noexcept {
            return static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
        }
    };
    // How far a scan came.
    struct Reached {
        bool whole = true;
        bool any = false;
        std::int64_t last = 0;
    };

    // Of a clustered table several rows may be of one number, and some of them not read.
    [[nodiscard]] std::int64_t unread_from(const Reached& forwards) const {
        if (!forwards.any) return least;
        return clustered_ ? forwards.last : after(forwards.last);
    }

    static std::int64_t after(std::int64_t value) {
        return value == greatest ? greatest : value + 1;
    }
    static std::int64_t before(std::int64_t value) { return value == least ? least : value - 1; }

    [[nodiscard]] std::string sql(bool backwards, bool one) const {
        const std::string order = clustered_ ? order_by(table_, backwards)
                                             : std::string("_rowid_") + (backwards ? " DESC" : "");
        const std::string bounds =
            scaled_ ? text::format(" WHERE {0} >= ?1 AND {0} <= ?2", scale_) : "";
        return text::format("SELECT {}, {} FROM {} NOT INDEXED{} ORDER BY {}{}",
                            column_list(table_, table_, ""), scaled_ ? scale_ : "0",
                            quoted_name(sql_name(table_)), bounds, order, one ? " LIMIT 1" : "");
    }

    Result<Statement> prepare(std::int64_t first, std::int64_t last, bool backwards, bool one) {
        PERDURE_TAKE(Statement select, connection_.prepare(sql(backwards, one)));
        if (scaled_) {
            select.bind(1, first);
            select.bind(2, last);
        }
        return select;
    }

    void note(const Status& status) {
        if (report_.why.empty()) report_.why = std::string(status.message());
    }

    // Every row of [first, last] until one cannot be read.
    Result<Reached> scan(std::int64_t first, std::int64_t last, bool backwards) {
        Reached reached;
        auto select = prepare(first, last, backwards, false);
        if (!select) {
            note(select.status());
            reached.whole = false;
            return reached;
        }
        for (;;) {
            const Result<bool> is_row = select->step();
            if (!is_row) {
                note(is_row.status());
                reached.whole = false;
                break;
            }
            if (!*is_row) break;
            const Status added = gatherer_.add(*select);
            if (!added.ok()) {
                ++report_.refused;
                note(added);
                continue;
            }
            ++gathered_;
            reached.any = true;
            reached.last = select->integer(scale_at_);
            if (gathered_ >= rows_at_once) PERDURE_TRY(flush());
        }
        PERDURE_TRY(flush());
        return reached;
    }

    Status flush() {
        if (gathered_ == 0) return {};
        PERDURE_ASSERT(gathered_ <= rows_at_once);
        report_.rows += gathered_;
        gathered_ = 0;
        PERDURE_TAKE(Batch batch, gatherer_.finish(table_));  // untaken: more than 4 GiB
        PERDURE_ASSERT(batch.rows() > 0);
        return take_(std::move(batch));
    }

    // The first row of [from, last]; `readable`: no bad page is in the way to it, or to the end.
    struct Probed {
        bool readable = false;
        std::optional<std::int64_t> row;
    };
    Probed probe(std::int64_t from, std::int64_t last) {
        PERDURE_ASSERT(scaled_);
        PERDURE_ASSERT(from <= last);
        ++probes_;
        auto select = prepare(from, last, false, true);
        if (!select) return {};
        const Result<bool> is_row = select->step();
        if (!is_row) return {};
        if (!*is_row) return {true, std::nullopt};
        return {true, select->integer(scale_at_)};
    }

    // What lies next to the ends of a wide interval, by steps that double: keys are dense, and the
    // interval may be all numbers there are.
    std::optional<std::int64_t> gallop(const Interval& gap) {
        PERDURE_ASSERT(gap.first < gap.last);
        for (std::uint64_t step = 1; step != 0 && step <= gap.width(); step *= 2) {
            const auto up = static_cast<std::int64_t>(static_cast<std::uint64_t>(gap.first) + step);
            if (const auto row = probe(up, gap.last).row) return row;
            const auto down =
                static_cast<std::int64_t>(static_cast<std::uint64_t>(gap.last) - step);
            if (const auto row = probe(down, gap.last).row) return row;
        }
        return std::nullopt;
    }

    // Narrow intervals are searched to their end; wide ones share what probes are left.
    void open(Interval gap) {
        if (gap.first > gap.last) return;
        if (gap.width() <= narrow) {
            open_.push_front(gap);
        } else {
            open_.push_back(gap);
        }
    }

    Status search(Interval whole) {
        open(whole);
        while (!open_.empty()) {
            Interval gap = open_.front();
            open_.pop_front();
            if (probes_ >= salvage_probes_max) {
                report_.gaps.push_back({gap.first, gap.last});
                continue;
            }
            if (gap.width() > narrow && !gap.galloped) {
                const std::optional<std::int64_t> row = gallop(gap);
                gap.galloped = true;
                if (row) {
                    PERDURE_TRY(take_island(gap, *row));
                } else {
                    open_.push_back(gap);
                }
                continue;
            }
            PERDURE_TRY(halve(gap));
        }
        return {};
    }

    Status halve(const Interval& gap) {
        // Of two numbers of either sign, without overflow.
        const auto middle =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(gap.first) + gap.width() / 2);
        PERDURE_ASSERT(gap.first <= middle);
        PERDURE_ASSERT(middle <= gap.last);
        const Probed found = probe(middle, gap.last);
        if (found.row) return take_island(gap, *found.row);
        if (middle > gap.first) open({gap.first, before(middle), gap.galloped});
        // Readable without a row: from the middle on nothing is missing.
        if (found.readable) return {};
        report_.gaps.push_back({middle, middle});
        if (middle < gap.last) open({after(middle), gap.last, gap.galloped});
        return {};
    }

    // A row that can be read, and its neighbours on both sides up to the next bad pages.
    Status take_island(const Interval& gap, std::int64_t row) {
        PERDURE_TAKE(const Reached up, scan(row, gap.last, false));
        if (!up.whole && up.last < gap.last) {
            open({up.any ? after(up.last) : after(row), gap.last});
        }
        if (!up.whole && !up.any) report_.gaps.push_back({row, row});
        if (row == gap.first) return {};
        PERDURE_TAKE(const Reached down, scan(gap.first, before(row), true));
        if (!down.whole) open({gap.first, before(down.any ? down.last : row)});
        return {};
    }

    Result<SalvagedTable> finish() {
        std::vector<SalvageGap>& gaps = report_.gaps;
        std::sort(gaps.begin(), gaps.end(),
                  [](const SalvageGap& a, const SalvageGap& b) { return a.first < b.first; });
        std::vector<SalvageGap> joined;
        for (const SalvageGap& gap : gaps) {
            const bool touches = !joined.empty() && (joined.back().last == greatest ||
                                                     gap.first <= joined.back().last + 1);
            if (touches) {
                joined.back().last = std::max(joined.back().last, gap.last);
            } else {
                joined.push_back(gap);
            }
        }
        gaps = std::move(joined);
        PERDURE_ASSERT(gaps.empty() || !report_.whole());
        PERDURE_ASSERT(gathered_ == 0);
        return std::move(report_);
    }

    Connection& connection_;
    const TableDefinition& table_;
    const std::function<Status(Batch&&)>& take_;
    const bool clustered_;
    const bool scaled_;
    const std::string scale_;
    const int scale_at_;  // its place in what is selected
    RowGatherer gatherer_;
    std::uint32_t gathered_ = 0;
    std::deque<Interval> open_;  // not searched yet
    int probes_ = 0;
    SalvagedTable report_;
};

std::optional<WorldRow> read_world(Connection& connection) {
    auto select = connection.prepare(select_world_row());
    if (!select) return std::nullopt;
    const auto row = read_world_row(*select);
    return row ? std::optional(*row) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Salvage>> Salvage::open(const io::FileSystem& files,
                                               const std::string& copy) {
    std::unique_ptr<Salvage> salvage(new Salvage);
    PERDURE_TAKE(salvage->vfs_, ChecksumVfs::make(files.sqlite_vfs()));
    auto opened = Connection::open({.path = copy, .vfs = salvage->vfs_->name(), .write = true});
    if (!opened) {
        if (opened.status().code() != Code::corrupt) return opened.status();
        return salvage;
    }
    salvage->connection_ = *std::move(opened);
    const Status ours = check_file(salvage->connection_);
    if (ours.code() == Code::invalid || ours.code() == Code::unsupported) return ours;
    if (!ours.ok()) {  // rewritten by another program: its pages carry no checksums of ours
        salvage->connection_.close();
        return salvage;
    }
    salvage->world_ = read_world(salvage->connection_);
    // What was read before a failure counts.
    const Status all = read_definitions(salvage->connection_, [&](const TableDefinition& table) {
        salvage->definitions_.push_back(table);
    });
    static_cast<void>(all.ok());
    return salvage;
}

Result<SalvagedTable> Salvage::read(const TableDefinition& in_force,
                                    const std::function<Status(Batch&&)>& take) {
    const auto clustered = connection_.handle() == nullptr
                               ? error(Code::corrupt, "the file cannot be opened")
                               : is_clustered(connection_, in_force);
    if (clustered) return TableSalvage(connection_, in_force, *clustered, take).run();
    SalvagedTable nothing;
    nothing.gaps.push_back({});
    nothing.why = std::string(clustered.status().message());
    return nothing;
}

std::optional<std::int64_t> salvage_position(const Batch& batch, std::uint32_t row) {
    const TableDefinition& table = batch.table();
    switch (table.columns[0].type.kind) {
        case ColumnKind::boolean: return batch.boolean(0, row) ? 1 : 0;
        case ColumnKind::i8: return batch.fixed<std::int8_t>(0, row);
        case ColumnKind::i16: return batch.fixed<std::int16_t>(0, row);
        case ColumnKind::i32: return batch.fixed<std::int32_t>(0, row);
        case ColumnKind::u8: return batch.fixed<std::uint8_t>(0, row);
        case ColumnKind::u16: return batch.fixed<std::uint16_t>(0, row);
        case ColumnKind::u32: return batch.fixed<std::uint32_t>(0, row);
        case ColumnKind::u64:
            return static_cast<std::int64_t>(batch.fixed<std::uint64_t>(0, row) ^ key_flip);
        case ColumnKind::i64:
        case ColumnKind::id: return batch.fixed<std::int64_t>(0, row);
        default: return std::nullopt;
    }
}

std::string salvage_key_text(const TableDefinition& table, std::int64_t position) {
    if (table.columns[0].type.kind != ColumnKind::u64) return text::format("{}", position);
    return text::format("{}", static_cast<std::uint64_t>(position) ^ key_flip);
}

}  // namespace perdure::store::sqlite
