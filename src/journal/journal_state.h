// What a Journal is made of. For journal.cc and journal_open.cc only.
//
// Thread rule: as the comments on the members say.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/assert.h"
#include "journal/definitions.h"
#include "journal/format.h"
#include "journal/group.h"
#include "journal/io_buffer.h"
#include "journal/journal.h"
#include "journal/spare_files.h"
#include "journal/survey.h"
#include "journal/used_files.h"

namespace perdure::journal {

struct Journal::State {
    State(io::FileSystem& file_system, const io::Clock& time, std::string where,
          const Options& chosen, const Start& begin, const Catalog& catalog)
        : files(file_system),
          clock(time),
          directory(std::move(where)),
          options(chosen),
          start(begin),
          spare(files, {.directory = directory,
                        .file_bytes = options.file_bytes,
                        .bytes_max = options.bytes_max,
                        .files_ahead = options.files_ahead,
                        .first_file_bytes = options.first_file_bytes,
                        .budget = options.budget}),
          next_group(start.next_group),
          last(start.last),
          chain(start.chain),
          sequence(start.previous_file),
          offset(start.previous_bytes),
          definitions(catalog) {}

    // Constant after construction.
    io::FileSystem& files;
    const io::Clock& clock;
    const std::string directory;
    const Options options;
    const Start start;

    // Guarded by themselves.
    UsedFiles used;
    SpareFiles spare;

    // The leader's.
    GroupBuilder group;
    IoBuffer head;
    std::uint64_t next_group;
    Lsn last;
    Hash128 chain;
    std::uint64_t sequence;  // of the current file
    std::uint64_t offset;    // where its next group goes
    std::uint64_t file_bytes = 0;
    std::unique_ptr<io::File> file;
    DefinitionsInForce definitions;
    bool attested = false;  // nothing was written since the durable LSN was

    // Published by the leader for everybody.
    std::atomic<std::uint64_t> rest{0};        // of the current file
    std::atomic<std::uint64_t> head_bytes{0};  // what the next file begins with
    std::atomic<bool> failed{false};

    mutable std::mutex mutex;
    // Guarded by mutex.
    Status failure;
    Statistics statistics;  // what is counted elsewhere is filled in when asked for

    void publish_room() {
        PERDURE_ASSERT(file == nullptr || offset <= file_bytes);
        PERDURE_ASSERT(offset % block_bytes == 0);
        rest.store(file == nullptr ? 0 : file_bytes - offset, std::memory_order_release);
        if (file != nullptr && offset > file_bytes / 4 * 3) spare.want_ahead();
        head_bytes.store(headers_bytes + round_up(definitions.encoded().size(), block_bytes),
                         std::memory_order_release);
    }
    // What a file of this size has for groups. One block is kept back: an attest group may slip in
    // between has_room() and the append that relied on it.
    [[nodiscard]] std::uint64_t usable(std::uint64_t bytes) const noexcept {
        const std::uint64_t taken = head_bytes.load(std::memory_order_acquire) + block_bytes;
        return bytes > taken ? bytes - taken : 0;
    }
    [[nodiscard]] std::uint64_t usable_rest() const noexcept {
        const std::uint64_t bytes = rest.load(std::memory_order_acquire);
        return bytes > block_bytes ? bytes - block_bytes : 0;
    }
    FileHeader next_header(const PreparedFile& next) const;
    Status check_start(const Survey& found) const;
    Status make_first_file();
};

}  // namespace perdure::journal
