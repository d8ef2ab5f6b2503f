#include "simulation/seeded_bugs.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "simulation/machine.h"

namespace perdure::simulation {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(SeededBug::count_)> names{
    "none",
    "unsynced files",
    "unsynced directories",
    "early acknowledgement",
    "believed cache",
    "lost writes",
    "kept names",
    "unchecked groups",
    "swallowed damage",
    "lost row",
    "lost erase",
    "early safe",
    "lost range",
    "kept ephemeral",
    "moving snapshot",
    "store unsynced files",
    "store unsynced names",
    "store lost writes",
    "store stale page",
    "store kept names",
    "store unseen note",
    "store unchecked pages"};

// --- disk ----------------------------------------------------------------------------------------

class BrokenDisk;

// --- checksums that nobody looks at: they are put right as the bytes are read

void put_number(MutableByteSpan bytes, std::size_t at, std::uint64_t value) {
    for (std::size_t byte = 0; byte < 8; ++byte) {
        bytes[at + byte] = static_cast<std::byte>(value >> (8 * byte));
    }
}

std::uint64_t get_number(ByteSpan bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) {
        value |= std::to_integer<std::uint64_t>(bytes[at + byte]) << (8 * byte);
    }
    return value;
}

void seal_page(MutableByteSpan page, std::uint64_t number) {
    constexpr std::size_t judged = io::block_bytes - 8;
    put_number(page, judged, checksum64(page.first(judged), number));
}

// A group in the bytes, as docs/format/journal.md has it; empty: none begins there, or not all of
// it is there.
MutableByteSpan group_at(MutableByteSpan bytes, std::size_t at) {
    constexpr std::string_view magic = "PDJGROUP";
    const bool begins = std::equal(
        magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
        [](char letter, std::byte byte) { return static_cast<std::byte>(letter) == byte; });
    if (!begins) return {};
    const std::uint64_t payload = get_number(bytes, at + 72);
    if (payload > bytes.size() || at + 128 + payload > bytes.size()) return {};
    return bytes.subspan(at, 128 + payload);
}

void seal_groups(MutableByteSpan bytes) {
    for (std::size_t at = 0; at + io::block_bytes <= bytes.size(); at += io::block_bytes) {
        const MutableByteSpan group = group_at(bytes, at);
        if (group.empty()) continue;
        put_number(group, 112, checksum64(group.subspan(128)));
        put_number(group, 120, checksum64(group.first(120)));
    }
}

// All from the first damaged group on reads as zeros.
void end_at_damage(MutableByteSpan bytes) {
    for (std::size_t at = 0; at + io::block_bytes <= bytes.size(); at += io::block_bytes) {
        const MutableByteSpan group = group_at(bytes, at);
        if (group.empty()) continue;
        if (get_number(group, 112) == checksum64(group.subspan(128)) &&
            get_number(group, 120) == checksum64(group.first(120))) {
            continue;
        }
        const MutableByteSpan rest = bytes.subspan(at);
        std::fill(rest.begin(), rest.end(), std::byte{0});
        return;
    }
}

class BrokenFile final : public io::File {
public:
    BrokenFile(BrokenDisk& disk, std::string path, std::unique_ptr<io::File> inner)
        : disk_(disk), path_(std::move(path)), inner_(std::move(inner)) {}

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteSpan into) override;
    Status write_at(std::uint64_t offset, ByteSpan bytes) override;
    Status sync() override;
    Result<std::uint64_t> size() override { return inner_->size(); }
    Status resize(std::uint64_t bytes) override { return inner_->resize(bytes); }

private:
    Status write_stale(std::uint64_t offset, ByteSpan bytes);

    BrokenDisk& disk_;
    const std::string path_;
    const std::unique_ptr<io::File> inner_;
    bool sync_due_ = false;
    std::map<std::uint64_t, std::vector<std::byte>> written_;  // by offset: what was there before
};

class BrokenDisk final : public io::FileSystem {
public:
    BrokenDisk(SeededBug bug, io::FileSystem& inner) : bug_(bug), inner_(inner) {}

    Result<std::unique_ptr<io::File>> open(const std::string& path,
                                           io::OpenOptions options) override {
        if (bug_ == SeededBug::believed_cache) options.direct = false;
        PERDURE_TAKE(auto file, inner_.open(path, options));
        return std::unique_ptr<io::File>(
            std::make_unique<BrokenFile>(*this, path, std::move(file)));
    }
    Result<bool> exists(const std::string& path) override {
        if (bug_ == SeededBug::store_unseen_note && path.ends_with("-renewal")) return false;
        return inner_.exists(path);
    }
    Result<std::vector<std::string>> list(const std::string& directory) override {
        return inner_.list(directory);
    }
    Status create_directory(const std::string& path) override {
        return inner_.create_directory(path);
    }
    Status rename(const std::string& from, const std::string& to) override {
        return inner_.rename(from, to);
    }
    Status remove(const std::string& path) override {
        const bool kept = bug_ == SeededBug::kept_names ||
                          (bug_ == SeededBug::store_kept_names && is_store_file(path));
        return kept ? Status() : inner_.remove(path);
    }
    Status remove_directory(const std::string& path) override {
        return inner_.remove_directory(path);
    }
    Status sync_directory(const std::string& path) override {
        const auto with_store = [&] {
            const auto there = inner_.exists(io::join_path(path, "store.sqlite"));
            return there.ok() && *there;
        };
        const bool lazy = bug_ == SeededBug::unsynced_directories ||
                          (bug_ == SeededBug::store_unsynced_names && with_store());
        return lazy ? Status() : inner_.sync_directory(path);
    }
    Status probe_lock(const std::string& path) override { return inner_.probe_lock(path); }
    Result<std::unique_ptr<io::FileLock>> lock(const std::string& path,
                                               std::string_view owner) override {
        return inner_.lock(path, owner);
    }
    Result<std::uint64_t> free_bytes(const std::string& directory) override {
        return inner_.free_bytes(directory);
    }

    [[nodiscard]] SeededBug bug() const noexcept { return bug_; }
    [[nodiscard]] bool is_twentieth_write() noexcept { return ++writes_ % 20 == 0; }
    [[nodiscard]] bool is_fourth_write() noexcept { return ++writes_ % 4 == 0; }

private:
    const SeededBug bug_;
    io::FileSystem& inner_;
    std::uint64_t writes_ = 0;
};

Result<std::size_t> BrokenFile::read_at(std::uint64_t offset, MutableByteSpan into) {
    PERDURE_TAKE(const std::size_t read, inner_->read_at(offset, into));
    const bool whole_blocks = offset % io::block_bytes == 0;
    if (path_.ends_with(".pdj") && whole_blocks) {
        if (disk_.bug() == SeededBug::unchecked_groups) seal_groups(into.first(read));
        if (disk_.bug() == SeededBug::swallowed_damage) end_at_damage(into.first(read));
    }
    const bool page = path_.ends_with("store.sqlite") && whole_blocks && read == io::block_bytes;
    if (page && disk_.bug() == SeededBug::store_unchecked_pages) {
        seal_page(into, offset / io::block_bytes + 1);
    }
    return read;
}

Status BrokenFile::write_at(std::uint64_t offset, ByteSpan bytes) {
    if (std::exchange(sync_due_, false)) PERDURE_TRY(inner_->sync());
    const bool of_store = is_store_file(path_);
    switch (disk_.bug()) {
        case SeededBug::lost_writes:
            if (disk_.is_twentieth_write()) return {};
            break;
        case SeededBug::store_lost_writes:
            if (of_store && disk_.is_twentieth_write()) return {};
            break;
        case SeededBug::store_stale_page:
            if (path_.ends_with("store.sqlite")) return write_stale(offset, bytes);
            break;
        default: break;
    }
    return inner_->write_at(offset, bytes);
}

Status BrokenFile::write_stale(std::uint64_t offset, ByteSpan bytes) {
    std::vector<std::byte>& before = written_[offset];
    const std::vector<std::byte> older =
        std::exchange(before, std::vector<std::byte>(bytes.begin(), bytes.end()));
    const bool stale = older.size() == bytes.size() && disk_.is_fourth_write();
    return inner_->write_at(offset, stale ? ByteSpan(older) : bytes);
}

Status BrokenFile::sync() {
    if (disk_.bug() == SeededBug::unsynced_files) return {};
    if (disk_.bug() == SeededBug::store_unsynced_files && is_store_file(path_)) return {};
    if (disk_.bug() == SeededBug::early_acknowledgement && path_.ends_with(".pdj")) {
        sync_due_ = true;
        return {};
    }
    return inner_->sync();
}

// --- store ---------------------------------------------------------------------------------------

Batch copy_without_first(const Batch& batch) {
    BatchBuilder builder(batch.table(), batch.operation());
    for (std::uint32_t row = 1; row < batch.rows(); ++row) builder.add(batch, row);
    auto copy = builder.finish();
    return *std::move(copy);
}

// Each question is asked of the store as it is by then.
class MovingSnapshot final : public store::Snapshot {
public:
    MovingSnapshot(store::Store& store, std::unique_ptr<store::Snapshot> first)
        : store_(store), first_(std::move(first)) {}

    [[nodiscard]] const Watermark& watermark() const override { return first_->watermark(); }
    Result<Batch> find(const TableDefinition& table, const Batch& keys) override {
        PERDURE_TAKE(const auto now, store_.snapshot());
        return now->find(table, keys);
    }
    Result<Batch> scan(const TableDefinition& table, const Batch* after, std::uint32_t after_row,
                       std::uint32_t limit) override {
        PERDURE_TAKE(const auto now, store_.snapshot());
        return now->scan(table, after, after_row, limit);
    }
    Result<Batch> last(const TableDefinition& table) override { return first_->last(table); }
    Result<std::uint64_t> count(const TableDefinition& table) override {
        return first_->count(table);
    }

private:
    store::Store& store_;
    const std::unique_ptr<store::Snapshot> first_;
};

class BrokenStore final : public store::Store {
public:
    BrokenStore(SeededBug bug, std::unique_ptr<store::Store> inner)
        : bug_(bug), inner_(std::move(inner)) {}

    Result<store::Watermarks> watermarks() override {
        PERDURE_TAKE(store::Watermarks marks, inner_->watermarks());
        if (bug_ == SeededBug::early_safe) marks.safe = marks.visible.lsn;
        return marks;
    }
    Result<std::vector<TableDefinition>> definitions() override { return inner_->definitions(); }

    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const store::Change> changes) override {
        const bool now = ++applies_ % 3 == 0;
        if (now && bug_ == SeededBug::lost_range)
            return inner_->apply(fence, after, std::span(changes).first(0));
        const bool row = bug_ == SeededBug::lost_row;
        if (!now || !(row || bug_ == SeededBug::lost_erase))
            return inner_->apply(fence, after, changes);
        std::vector<store::Change> fewer;
        for (const store::Change& change : changes) {
            store::Change& copy = fewer.emplace_back();
            copy.table = change.table;
            take(change.erased, copy.erased, !row);
            take(change.upserted, copy.upserted, row);
        }
        return inner_->apply(fence, after, fewer);
    }
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const TableDefinition> definitions) override {
        return inner_->apply(fence, after, definitions);
    }
    Status empty(const store::Fence& fence,
                 std::span<const TableDefinition* const> tables) override {
        return bug_ == SeededBug::kept_ephemeral ? Status() : inner_->empty(fence, tables);
    }
    Status drop_removed(const store::Fence& fence, const TableDefinition& table,
                        std::span<const std::uint16_t> numbers) override {
        return inner_->drop_removed(fence, table, numbers);
    }
    Status take_over(std::uint64_t owner_epoch) override { return inner_->take_over(owner_epoch); }
    Result<std::unique_ptr<store::Snapshot>> snapshot() override {
        PERDURE_TAKE(auto taken, inner_->snapshot());
        if (bug_ != SeededBug::moving_snapshot) return taken;
        return std::unique_ptr<store::Snapshot>(
            std::make_unique<MovingSnapshot>(*inner_, std::move(taken)));
    }
    Status declare_views(const store::Fence& fence, std::span<const store::View> views) override {
        return inner_->declare_views(fence, views);
    }
    Result<bool> checkpoint_step() override {
        if (bug_ == SeededBug::early_safe) return false;
        return inner_->checkpoint_step();
    }
    [[nodiscard]] Status broken() const override { return inner_->broken(); }
    Result<std::uint64_t> bytes() override { return inner_->bytes(); }
    [[nodiscard]] store::Capabilities capabilities() const override {
        return inner_->capabilities();
    }

private:
    static void take(const std::vector<Batch>& from, std::vector<Batch>& to, bool without_first) {
        for (const Batch& batch : from) {
            if (without_first && batch.rows() == 1) continue;
            if (without_first) {
                to.push_back(copy_without_first(batch));
            } else {
                BatchBuilder builder(batch.table(), batch.operation());
                for (std::uint32_t row = 0; row < batch.rows(); ++row) builder.add(batch, row);
                to.push_back(*builder.finish());
            }
        }
    }

    const SeededBug bug_;
    const std::unique_ptr<store::Store> inner_;
    std::uint64_t applies_ = 0;
};

}  // namespace

bool is_of_sqlite(SeededBug bug) noexcept { return bug >= SeededBug::store_unsynced_files; }

std::string_view bug_name(SeededBug bug) noexcept { return names[static_cast<std::size_t>(bug)]; }

std::optional<SeededBug> find_bug(std::string_view name) noexcept {
    for (std::size_t bug = 0; bug < names.size(); ++bug) {
        if (names[bug] == name) return static_cast<SeededBug>(bug);
    }
    return std::nullopt;
}

std::unique_ptr<io::FileSystem> break_disk(SeededBug bug, io::FileSystem& disk) {
    return std::make_unique<BrokenDisk>(bug, disk);
}

std::unique_ptr<store::Store> break_store(SeededBug bug, std::unique_ptr<store::Store> store) {
    if (bug == SeededBug::none) return store;
    return std::make_unique<BrokenStore>(bug, std::move(store));
}

}  // namespace perdure::simulation
