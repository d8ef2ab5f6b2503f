#include "journal/spare_files.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "journal/file_name.h"
#include "journal/format.h"

namespace perdure::journal {

Status SpareFiles::adopt(const Survey& found, std::uint64_t next_sequence) {
    const std::lock_guard work(work_mutex_);
    PERDURE_ASSERT(next_sequence != 0);
    PERDURE_ASSERT(!filling_);  // once, before anything else
    PERDURE_ASSERT(spares_.empty());
    PERDURE_ASSERT(bytes_on_disk() == 0);
    next_sequence_ = next_sequence;
    PERDURE_TRY(remove_leftovers(found));
    for (const FileFound& file : found.files) share_.add(file.bytes);
    std::vector<const FileFound*> unusable;
    for (const FileFound& file : found.files) {
        if (file.sequence < next_sequence) continue;
        PERDURE_ASSERT(file.state == FileFound::State::prepared);  // the caller has looked
        const bool usable = file.bytes >= next_bytes_ && file.bytes % block_bytes == 0;
        if (file.sequence == next_sequence_ && usable) {
            PERDURE_TAKE(std::unique_ptr<io::File> open, files_.open(file.path, {.write = true}));
            const std::lock_guard list(list_mutex_);
            prepared_.push_back({file.sequence, file.path, file.bytes, true, std::move(open)});
            update_largest();
            ++next_sequence_;
        } else {  // behind a hole, or smaller than we make them
            unusable.push_back(&file);
        }
    }
    // The last one first, and each for good before the next: a crash in between must not leave a
    // hole, which would look as if files had been lost.
    for (auto file = unusable.rbegin(); file != unusable.rend(); ++file) {
        PERDURE_TRY(files_.remove((*file)->path));
        share_.subtract((*file)->bytes);
        PERDURE_TRY(sync_directory());
    }
    return sync_directory();
}

// What an earlier owner was preparing or recycling when it ended. Nobody needs it; a removal that a
// crash undoes is done again.
Status SpareFiles::remove_leftovers(const Survey& found) {
    for (const std::string& name : found.spares) {
        PERDURE_TRY(files_.remove(io::join_path(settings_.directory, name)));
    }
    return {};
}

std::optional<PreparedFile> SpareFiles::take() {
    const std::lock_guard lock(list_mutex_);
    if (prepared_.empty()) return std::nullopt;
    PreparedFile next = std::move(prepared_.front());
    prepared_.pop_front();
    PERDURE_ASSERT(next.file != nullptr);
    PERDURE_ASSERT(prepared_.empty() || prepared_.front().sequence == next.sequence + 1);
    update_largest();
    // What is used up grows.
    const std::uint64_t grown = std::min(next.bytes, settings_.file_bytes) * file_growth;
    if (grown > next_bytes_) next_bytes_ = std::min(grown, settings_.file_bytes);
    return next;
}

std::vector<std::uint64_t> SpareFiles::prepared() const {
    const std::lock_guard lock(list_mutex_);
    std::vector<std::uint64_t> sizes;
    for (const PreparedFile& file : prepared_) sizes.push_back(file.bytes);
    return sizes;
}

void SpareFiles::update_largest() {
    std::uint64_t largest = 0;
    for (const PreparedFile& file : prepared_) largest = std::max(largest, file.bytes);
    largest_.store(largest, std::memory_order_release);
}

Result<bool> SpareFiles::step() {
    const std::lock_guard work(work_mutex_);
    PERDURE_TRY(broken_);
    if (filling_) {
        PERDURE_TRY(fill_piece());
    } else if (wants_files()) {
        if (const auto free = free_spare()) {
            Spare spare = std::move(spares_[*free]);
            spares_.erase(spares_.begin() + static_cast<std::ptrdiff_t>(*free));
            PERDURE_TRY(recycle(std::move(spare)));
        } else {
            PERDURE_TRY(begin_filling(next_bytes_));
            PERDURE_TRY(fill_piece());
        }
    }
    return has_work();
}

bool SpareFiles::has_work() const { return filling_ || wants_files(); }

bool SpareFiles::wants_files() const {
    if (!ahead_wanted_.load(std::memory_order_acquire)) return false;
    const std::lock_guard lock(list_mutex_);
    return prepared_.size() < settings_.files_ahead;
}

std::optional<std::size_t> SpareFiles::free_spare() const {
    for (std::size_t index = 0; index < spares_.size(); ++index) {
        if (spares_[index].former.use_count() == 1) return index;
    }
    return std::nullopt;
}

Status SpareFiles::make_file(std::uint64_t bytes) {
    const std::lock_guard work(work_mutex_);
    PERDURE_TRY(broken_);
    bytes = std::max(round_up(bytes, block_bytes), next_bytes_.load());
    // The leader may take files away meanwhile, but not more than it has groups to write; a caller
    // who loses that race this often is told to come again.
    constexpr int attempts = 16;
    for (int attempt = 0; attempt < attempts; ++attempt) {  // untaken: sixteen races lost
        if (largest() >= bytes) return {};
        if (!prepared().empty()) {
            PERDURE_TRY(grow_first(bytes));
        } else if (const auto free = free_spare();
                   free && spares_[*free].bytes >= bytes && !filling_) {
            Spare spare = std::move(spares_[*free]);
            spares_.erase(spares_.begin() + static_cast<std::ptrdiff_t>(*free));
            PERDURE_TRY(recycle(std::move(spare)));
        } else {
            if (!filling_) PERDURE_TRY(begin_filling(bytes));
            if (filling_->target < bytes) {
                PERDURE_TRY(check_budget(bytes - filling_->target));
                share_.add(bytes - filling_->target);
                filling_->target = bytes;
            }
            while (filling_) PERDURE_TRY(fill_piece());
        }
    }
    return error(Code::busy, "{}: no file of {} bytes stays prepared; try again",
                 settings_.directory, bytes);  // untaken: sixteen races lost
}

Status SpareFiles::make_least_file(std::uint64_t bytes) {
    const std::lock_guard work(work_mutex_);
    PERDURE_TRY(broken_);
    PERDURE_ASSERT(!filling_);
    PERDURE_ASSERT(prepared().empty());
    PERDURE_TRY(start_filling(round_up(bytes, block_bytes)));
    while (filling_) PERDURE_TRY(fill_piece());
    return {};
}

Status SpareFiles::check_budget(std::uint64_t more_bytes) {
    if (more_bytes > settings_.bytes_max) {
        return error(
            Code::invalid,
            "{}: {} more bytes would never fit a journal of at most {}; commit in smaller pieces, "
            "or raise its budget",
            settings_.directory, more_bytes, settings_.bytes_max);
    }
    // Spares are ours to give up.
    const auto is_over = [&] {
        return bytes_on_disk() + more_bytes > settings_.bytes_max || !share_.may_grow(more_bytes);
    };
    while (is_over() && free_spare()) PERDURE_TRY(remove_spare());
    if (bytes_on_disk() + more_bytes > settings_.bytes_max) {
        return error(
            Code::busy,
            "{}: {} of its {} bytes are in use and the store has not caught up; wait, or raise the "
            "journal's budget",
            settings_.directory, bytes_on_disk(), settings_.bytes_max);
    }
    if (is_over()) {
        return error(Code::busy,
                     "{}: the worlds of this runtime share {} bytes for their journals, and hold "
                     "{}, this one {}; wait until stores have caught up, or raise the runtime's "
                     "budget",
                     settings_.directory, share_.budget().most(), share_.budget().used(),
                     share_.used());
    }
    PERDURE_TAKE(const std::uint64_t free, files_.free_bytes(settings_.directory));
    disk_free_bytes_ = free;
    if (free < more_bytes) {
        return error(Code::no_space, "{}: the disk has {} bytes left, {} are needed; make room",
                     settings_.directory, free, more_bytes);
    }
    return {};
}

Status SpareFiles::begin_filling(std::uint64_t bytes) {
    PERDURE_TRY(check_budget(bytes));
    return start_filling(bytes);
}

Status SpareFiles::start_filling(std::uint64_t bytes) {
    PERDURE_ASSERT(!filling_);
    PERDURE_ASSERT(bytes % block_bytes == 0);
    Filling filling;
    filling.path = new_spare_path();
    filling.target = bytes;
    PERDURE_TAKE(filling.file,
                 files_.open(filling.path, {.write = true, .create = true, .exclusive = true}));
    share_.add(bytes);
    filling_ = std::move(filling);
    return {};
}

Status SpareFiles::fill_piece() {
    PERDURE_ASSERT(filling_.has_value());
    PERDURE_ASSERT(filling_->written < filling_->target);
    const std::uint64_t end = std::min(filling_->written + piece_bytes, filling_->target);
    if (Status status = write_zeros(*filling_->file, filling_->written, end); !status.ok()) {
        give_up_filling();
        return status;
    }
    filling_->written = end;
    if (end < filling_->target) return {};
    Filling done = *std::move(filling_);
    filling_.reset();
    return publish(done.path, std::move(done.file), done.target, false);
}

// The next attempt takes a new file: what a failed flush left of this one is not to be trusted.
void SpareFiles::give_up_filling() {
    const Filling failed = *std::move(filling_);
    filling_.reset();
    share_.subtract(failed.target);
    static_cast<void>(files_.remove(failed.path));  // else the next owner removes it
}

Status SpareFiles::write_zeros(io::File& file, std::uint64_t offset, std::uint64_t end) {
    PERDURE_ASSERT(offset <= end);
    const std::vector<std::byte> zeros(std::min(end - offset, piece_bytes));
    while (offset < end) {
        const ByteSpan piece =
            ByteSpan(zeros).first(std::min<std::uint64_t>(end - offset, zeros.size()));
        PERDURE_TRY(file.write_at(offset, piece));
        if (!seeded_bug("journal: a prepared file is not flushed")) PERDURE_TRY(file.sync());
        offset += piece.size();
        bytes_prepared_ += piece.size();
    }
    return {};
}

// The leader may take the file while it grows. Then it uses it at its old size, and what was added
// is in nobody's way: groups end where the header says that the file ends.
Status SpareFiles::grow_first(std::uint64_t bytes) {
    std::string path;
    std::uint64_t before = 0;
    std::uint64_t sequence = 0;
    {
        const std::lock_guard list(list_mutex_);
        if (prepared_.empty()) return {};  // untaken: a race with the leader, who took the last
        path = prepared_.front().path;
        before = prepared_.front().bytes;
        sequence = prepared_.front().sequence;
    }
    PERDURE_ASSERT(before < bytes);  // else largest() would have said so
    PERDURE_TRY(check_budget(bytes - before));
    PERDURE_TAKE(const std::unique_ptr<io::File> file, files_.open(path, {.write = true}));
    if (Status status = write_zeros(*file, before, bytes); !status.ok()) {
        static_cast<void>(file->resize(before));  // gives the disk's space back, if it can
        return status;
    }
    const std::lock_guard list(list_mutex_);
    if (prepared_.empty() || prepared_.front().sequence != sequence) {
        static_cast<void>(file->resize(before));
        return {};
    }
    PERDURE_ASSERT(prepared_.front().bytes == before);  // only we let files grow
    share_.add(bytes - before);
    prepared_.front().bytes = bytes;
    update_largest();
    return {};
}

// Steps 3 to 5 of recycling. The name `spare-n` is durable, so whatever a crash leaves of the
// zeroed header is in a file that nobody reads.
Status SpareFiles::recycle(Spare spare) {
    PERDURE_ASSERT(spare.former.use_count() == 1);
    PERDURE_ASSERT(spare.bytes >= headers_bytes);
    const auto drop = [&](const Status& status) {
        share_.subtract(spare.bytes);
        static_cast<void>(files_.remove(spare.path));
        return status;
    };
    auto file = files_.open(spare.path, {.write = true});
    if (!file) return drop(file.status());
    const std::uint64_t end =
        seeded_bug("journal: a recycled file keeps its head") ? 0 : headers_bytes;
    if (Status status = write_zeros(**file, 0, end); !status.ok()) return drop(status);
    ++files_recycled_;
    return publish(spare.path, *std::move(file), spare.bytes, true);
}

// Gives a file its number. Its content is durable; a crash leaves the old name or the new one.
Status SpareFiles::publish(const std::string& path, std::unique_ptr<io::File> file,
                           std::uint64_t bytes, bool recycled) {
    const std::string name = io::join_path(settings_.directory, file_name(next_sequence_));
    if (Status status = files_.rename(path, name); !status.ok()) {
        share_.subtract(bytes);
        static_cast<void>(files_.remove(path));
        return status;
    }
    PERDURE_TRY(sync_directory());
    // Its errors are to name it as it is; but what is open already will do.
    if (auto named = files_.open(name, {.write = true})) file = std::move(*named);
    const std::lock_guard list(list_mutex_);
    PERDURE_ASSERT(prepared_.empty() || prepared_.back().sequence + 1 == next_sequence_);
    prepared_.push_back({next_sequence_, name, bytes, recycled, std::move(file)});
    update_largest();
    ++next_sequence_;
    return {};
}

Status SpareFiles::sync_directory() {
    if (seeded_bug("journal: its directory is not flushed")) return {};
    Status status = files_.sync_directory(settings_.directory);
    if (!status.ok()) broken_ = status.with_context("no more journal files can be prepared");
    return status;
}

// Steps 1 and 2. The directory is flushed before the next file is renamed: else a crash could keep
// an older file and lose a younger one, and the journal would seem to have a hole.
Status SpareFiles::retire(const std::shared_ptr<const UsedFile>& file) {
    const std::lock_guard work(work_mutex_);
    PERDURE_TRY(broken_);
    PERDURE_ASSERT(file->sequence < next_sequence_);
    const bool kept = file->bytes == settings_.file_bytes && spares_.size() < spares_max &&
                      bytes_on_disk() <= settings_.bytes_max;
    if (kept) {
        std::string path = new_spare_path();
        PERDURE_TRY(files_.rename(file->path, path));
        spares_.push_back({std::move(path), file->bytes, file});
    } else {
        PERDURE_TRY(files_.remove(file->path));
        share_.subtract(file->bytes);
    }
    return sync_directory();
}

Status SpareFiles::remove_spare() {
    const auto free = free_spare();
    PERDURE_ASSERT(free.has_value());
    PERDURE_TRY(files_.remove(spares_[*free].path));
    share_.subtract(spares_[*free].bytes);
    spares_.erase(spares_.begin() + static_cast<std::ptrdiff_t>(*free));
    return {};
}

std::string SpareFiles::new_spare_path() {
    return io::join_path(settings_.directory, spare_name(next_spare_++));
}

}  // namespace perdure::journal
