// SpareFiles: prepares journal files before they are needed and recycles trimmed ones, so that
// beginning a new file costs the leader one write and one flush. A passive part: someone calls
// step().
//
// A file passes through these names; docs/format/journal.md, "Order of writes and flushes", has
// what a crash after each step leaves:
//
//     spare-n, being filled with zeros ─┐
//                                       ├─→ <sequence>.pdj, prepared ─→ take(): used ─→ retire()
//     spare-n, trimmed ─────────────────┘                                                  │
//         └←───────────────────────────────────────────────────────────────────────────────┘
//
// Thread rule: take() by the leader; everything from any thread. work_mutex_ is held over the I/O
// of preparing and retiring, which the leader never does.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/budget.h"
#include "io/file_system.h"
#include "journal/survey.h"
#include "journal/used_files.h"

namespace perdure::journal {

struct SpareSettings {
    std::string directory;
    std::uint64_t file_bytes = 0;        // of a new file, unless more is needed
    std::uint64_t bytes_max = 0;         // of all files of the journal together
    std::uint32_t files_ahead = 0;       // prepared before they are needed
    std::uint64_t first_file_bytes = 0;  // of the first, and so on: see journal::Options
    Budget* budget = nullptr;            // shared with other journals
};

struct PreparedFile {
    std::uint64_t sequence = 0;
    std::string path;
    std::uint64_t bytes = 0;
    bool recycled = false;  // behind its header there may be bytes of a former life
    std::unique_ptr<io::File> file;
};

class SpareFiles {
public:
    // Zeros written and flushed at once: a longer burst would hold up the leader's flushes on the
    // same disk.
    static constexpr std::uint64_t piece_bytes = 1ULL << 20;
    // From one file to the next, up to file_bytes.
    static constexpr std::uint64_t file_growth = 4;
    // Trimmed files kept for use again: half a GiB of files as they are by default.
    static constexpr std::size_t spares_max = 8;

    SpareFiles(io::FileSystem& files, SpareSettings settings)
        : files_(files), settings_(std::move(settings)) {
        if (settings_.first_file_bytes == 0) return;
        next_bytes_.store(settings_.first_file_bytes);
        ahead_wanted_.store(settings_.first_file_bytes == settings_.file_bytes);
    }

    // At open: takes over the files that were prepared for `next_sequence` and behind, removes what
    // nobody needs.
    Status adopt(const Survey& found, std::uint64_t next_sequence);

    // The next file, if there is one.
    [[nodiscard]] std::optional<PreparedFile> take();
    // Sizes of the prepared files, in the order in which they will be taken.
    [[nodiscard]] std::vector<std::uint64_t> prepared() const;
    // The size of the largest of them; cheap.
    [[nodiscard]] std::uint64_t largest() const noexcept {
        return largest_.load(std::memory_order_acquire);
    }

    // The journal is used: from now on files are prepared ahead. By the leader.
    void want_ahead() noexcept { ahead_wanted_.store(true, std::memory_order_release); }
    // Whether step() has something to prepare; cheap.
    [[nodiscard]] bool wants_files() const;

    // One bounded piece of work; true if there is more. `busy`: the budget is spent. `no_space`:
    // the disk is.
    Result<bool> step();
    // Works until a file of at least this size is prepared.
    Status make_file(std::uint64_t bytes);
    // Prepares a file of just this size, whatever the budget says. For an owner that comes to a
    // full journal: it needs a file of its own before it can drain and trim.
    Status make_least_file(std::uint64_t bytes);
    // Takes a used file out of the journal: it is renamed or removed, durably. Its bytes are kept
    // until nobody else holds `file`.
    Status retire(const std::shared_ptr<const UsedFile>& file);

    [[nodiscard]] std::uint64_t bytes_on_disk() const noexcept { return share_.used(); }
    [[nodiscard]] std::uint64_t bytes_prepared() const noexcept { return bytes_prepared_.load(); }
    // When it was last looked at: before a file was prepared.
    [[nodiscard]] std::optional<std::uint64_t> disk_free_bytes() const noexcept {
        const std::uint64_t free = disk_free_bytes_.load();
        return free == never_looked ? std::nullopt : std::optional(free);
    }
    [[nodiscard]] std::uint64_t files_recycled() const noexcept { return files_recycled_.load(); }

private:
    struct Filling {
        std::string path;
        std::unique_ptr<io::File> file;
        std::uint64_t written = 0;
        std::uint64_t target = 0;
    };
    struct Spare {
        std::string path;
        std::uint64_t bytes = 0;
        std::shared_ptr<const UsedFile> former;  // recycled only when we are the last to hold it
    };

    Status remove_leftovers(const Survey& found);
    Status begin_filling(std::uint64_t bytes);  // within the budget
    Status start_filling(std::uint64_t bytes);
    Status fill_piece();
    void give_up_filling();
    Status grow_first(std::uint64_t bytes);
    Status recycle(Spare spare);
    Status remove_spare();
    Status publish(const std::string& path, std::unique_ptr<io::File> file, std::uint64_t bytes,
                   bool recycled);
    Status sync_directory();
    Status write_zeros(io::File& file, std::uint64_t offset, std::uint64_t end);
    [[nodiscard]] Status check_budget(std::uint64_t more_bytes);
    [[nodiscard]] std::optional<std::size_t> free_spare() const;
    [[nodiscard]] bool has_work() const;
    void update_largest();  // with list_mutex_ held
    [[nodiscard]] std::string new_spare_path();

    io::FileSystem& files_;
    const SpareSettings settings_;
    Budget alone_{no_budget};  // of a journal that shares none
    // The bytes on the disk of all files of the journal, used ones too.
    Budget::Share share_{settings_.budget != nullptr ? *settings_.budget : alone_};
    std::atomic<std::uint64_t> next_bytes_{settings_.file_bytes};  // of the next file
    std::atomic<bool> ahead_wanted_{true};
    std::atomic<std::uint64_t> bytes_prepared_{0};
    std::atomic<std::uint64_t> files_recycled_{0};
    static constexpr std::uint64_t never_looked = ~std::uint64_t{0};
    std::atomic<std::uint64_t> disk_free_bytes_{never_looked};
    std::atomic<std::uint64_t> largest_{0};

    // Guarded by work_mutex_.
    std::mutex work_mutex_;
    std::optional<Filling> filling_;
    std::deque<Spare> spares_;
    std::uint64_t next_spare_ = 1;
    std::uint64_t next_sequence_ = 1;
    Status broken_;  // a directory could not be flushed: no name can be trusted any more

    // Guarded by list_mutex_.
    mutable std::mutex list_mutex_;
    std::deque<PreparedFile> prepared_;
};

}  // namespace perdure::journal
