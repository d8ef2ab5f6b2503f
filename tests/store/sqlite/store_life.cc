#include "store/sqlite/store_life.h"

#include <algorithm>

#include "store/sqlite/companions.h"

namespace perdure::store {
namespace {

TableDefinition evolved_positions() {
    TableDefinition table = positions();
    table.version = 2;
    table.columns[2].name = "height";
    table.columns.push_back({"mass", table.next_column_number++, of(ColumnKind::f32), false, 0.1F});
    return table;
}

std::vector<Row> some_rows(std::int64_t first, std::int64_t last, float x) {
    std::vector<Row> rows;
    for (std::int64_t id = first; id <= last; ++id) rows.push_back({{"id", id}, {"x", x}});
    return rows;
}

}  // namespace

const std::vector<StoreLife::Step>& StoreLife::steps() {
    static const std::vector<Step> all{
        &StoreLife::open,      &StoreLife::define,        &StoreLife::fill,
        &StoreLife::read,      &StoreLife::checkpoint,    &StoreLife::evolve,
        &StoreLife::change,    &StoreLife::declare_views, &StoreLife::declare_other_views,
        &StoreLife::empty,     &StoreLife::read,          &StoreLife::change_beside_a_reader,
        &StoreLife::take_over, &StoreLife::checkpoint,    &StoreLife::close_and_open,
        &StoreLife::read,
    };
    return all;
}

void StoreLife::begin_anew() {
    close();
    remove_files();
    done_ = 0;
    at_ = {};
    attempted_ = {};
    owner_epoch_ = 1;
    evolved_ = false;
}

void StoreLife::rehearse() {
    begin_anew();
    contents_.clear();
    for (const Step step : steps()) {
        ASSERT_OK((this->*step)());
        ++done_;
        auto content = this->content();
        ASSERT_TRUE(content.ok()) << content.status().text();
        contents_.push_back(*std::move(content));
    }
    close();
}

Status StoreLife::live(bool try_again) {
    begin_anew();
    int trials = 0;
    while (done_ < steps().size()) {
        Status status = store_ == nullptr ? open() : Status();
        if (status.ok()) status = (this->*steps()[done_])();
        if (status.ok()) {
            ++done_;
            trials = 0;
            continue;
        }
        if (!try_again || ++trials > 3) return status;
        if (store_ != nullptr && !store_->broken().ok()) close();
    }
    return {};
}

void StoreLife::expect_nothing_lost() {
    close();
    auto opened = SqliteStore::open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    store_ = *std::move(opened);
    const Watermark visible = store_->watermarks()->visible;
    // What failed after its last byte was in the log: SQLite finds it there when it recovers.
    if (visible != at_ && visible == attempted_) {
        at_ = attempted_;
        evolved_ = evolved_ || steps()[done_] == &StoreLife::evolve;
        ++done_;
    }
    EXPECT_EQ(visible, at_);
    auto content = this->content();
    ASSERT_TRUE(content.ok()) << content.status().text();
    const std::string& acknowledged = contents_[std::max<std::size_t>(done_, 1) - 1];
    const std::string& with_the_next = contents_[std::min(done_, contents_.size() - 1)];
    EXPECT_TRUE(*content == acknowledged || *content == with_the_next)
        << done_ << " steps: " << *content;
    ASSERT_TRUE(store_->checkpoint_step().ok());
    EXPECT_EQ(store_->watermarks()->safe, at_.lsn);
    close();
}

void StoreLife::remove_files() const {
    std::filesystem::remove(options_.path);
    for (const char* ending : sqlite::companion_endings) {
        std::filesystem::remove(options_.path + ending);
    }
}

Status StoreLife::open() {
    PERDURE_TAKE(store_, SqliteStore::open(options_));
    const Watermarks found = *store_->watermarks();
    EXPECT_EQ(found.visible, at_);
    // A take-over that failed may have taken place.
    EXPECT_LE(found.owner_epoch, owner_epoch_ + 1);
    owner_epoch_ = std::max(owner_epoch_, found.owner_epoch);
    return {};
}

template <typename What>
Status StoreLife::apply(const std::vector<What>& what) {
    Watermark after = at_;
    after.epoch = 1;
    ++after.lsn;
    after.chain = {after.lsn * 7, ~after.lsn};
    attempted_ = after;
    const Status status = store_->apply(fence(), after, std::span<const What>(what));
    if (status.ok()) at_ = after;
    EXPECT_EQ(store_->watermarks()->visible, at_);
    return status;
}

Status StoreLife::define() {
    return apply<TableDefinition>({positions(), named_values(), trades()});
}

Status StoreLife::fill() {
    const TableDefinition position = positions();
    const TableDefinition named = named_values();
    const TableDefinition trade = trades();
    std::vector<Change> changes;
    changes.push_back(upsert_of(position, some_rows(1, 9, 0.5F)));
    changes.push_back(upsert_of(
        named, {{{"collection", "a"}, {"name", "b"}, {"content", Bytes(9'000, std::byte{7})}}}));
    changes.push_back(upsert_of(trade, {{{"tick", 1}, {"seq", 1}, {"amount", 5}}}));
    return apply(changes);
}

Status StoreLife::read() {
    PERDURE_TAKE(const std::string content, this->content());
    if (done_ < contents_.size()) {
        EXPECT_EQ(content, contents_[done_]);
    }
    return {};
}

Status StoreLife::checkpoint() {
    const Lsn safe = store_->watermarks()->safe;
    PERDURE_TAKE(const bool more, store_->checkpoint_step());
    EXPECT_FALSE(more);
    EXPECT_GE(store_->watermarks()->safe, safe);
    EXPECT_LE(store_->watermarks()->safe, at_.lsn);
    return {};
}

Status StoreLife::evolve() {
    PERDURE_TRY(apply<TableDefinition>({evolved_positions()}));
    evolved_ = true;
    return {};
}

// By a program that does not know the new version yet.
Status StoreLife::change() {
    const TableDefinition position = positions();
    std::vector<Change> changes;
    changes.push_back(erase_of(position, {{{"id", 3}}, {{"id", 4}}}));
    changes.back().upserted.push_back(test::batch_of(position, some_rows(8, 12, -0.0F)));
    return apply(changes);
}

Status StoreLife::declare_views() {
    const TableDefinition position = evolved_positions();
    const std::vector<View> views{{"places", &position, {&position}}};
    return store_->declare_views(fence(), views);
}

Status StoreLife::declare_other_views() {
    const TableDefinition position = evolved_positions();
    const std::vector<View> views{{"spots", &position, {}}};
    return store_->declare_views(fence(), views);
}

Status StoreLife::empty() {
    const TableDefinition trade = trades();
    const TableDefinition* const tables[] = {&trade};
    return store_->empty(fence(), tables);
}

Status StoreLife::change_beside_a_reader() {
    PERDURE_TAKE(const std::unique_ptr<Snapshot> snapshot, store_->snapshot());
    const TableDefinition position = evolved_positions();
    std::vector<Change> changes;
    changes.push_back(upsert_of(position, some_rows(7, 7, 7.0F)));
    PERDURE_TRY(apply(changes));
    // What fails from here on takes nothing back.
    if (const auto more = store_->checkpoint_step(); more.ok()) {
        EXPECT_FALSE(*more);
    }
    EXPECT_LT(store_->watermarks()->safe, at_.lsn);
    if (const auto count = snapshot->count(position); count.ok()) {
        EXPECT_EQ(*count, 10U);
    }
    return {};
}

Status StoreLife::take_over() {
    PERDURE_TRY(store_->take_over(owner_epoch_ + 1));
    ++owner_epoch_;
    return {};
}

Status StoreLife::close_and_open() {
    close();
    return open();
}

Result<std::string> StoreLife::content() {
    PERDURE_TAKE(const std::unique_ptr<Snapshot> snapshot, store_->snapshot());
    std::string content;
    const TableDefinition position = evolved_ ? evolved_positions() : positions();
    for (const TableDefinition& table : {position, named_values(), trades()}) {
        PERDURE_TAKE(const Batch all, snapshot->scan(table, nullptr, 0, every_row));
        content += table.name + ": " + rows_text(all) + '\n';
        PERDURE_TAKE(const std::uint64_t count, snapshot->count(table));
        EXPECT_EQ(count, all.rows());
        PERDURE_TAKE(const Batch last, snapshot->last(table));
        EXPECT_EQ(last.rows(), all.rows() == 0 ? 0U : 1U);
        if (all.rows() == 0) continue;
        PERDURE_TAKE(const Batch rest, snapshot->scan(table, &all, 0, every_row));
        EXPECT_EQ(rest.rows() + 1, all.rows());
    }
    const Batch keys = test::batch_of(position, {{{"id", 2}}, {{"id", 1}}}, Operation::erase);
    PERDURE_TAKE(const Batch found, snapshot->find(position, keys));
    content += rows_text(found) + '\n';
    return content;
}

}  // namespace perdure::store
