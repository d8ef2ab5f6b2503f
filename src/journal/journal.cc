#include "journal/journal.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "journal/file_header.h"
#include "journal/frame.h"
#include "journal/frame_decoder.h"
#include "journal/journal_state.h"

namespace perdure::journal {

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {
    last_.store(state_->last);
}

Journal::~Journal() = default;

FileHeader Journal::State::next_header(const PreparedFile& next) const {
    PERDURE_ASSERT(next.sequence > sequence);
    PERDURE_ASSERT((sequence == 0) ==
                   (offset == 0));  // the cut of the file before, if there is one
    FileHeader header;
    header.world = start.world;
    header.epoch = start.epoch;
    header.sequence = next.sequence;
    header.first_group = next_group;
    header.first_lsn = last + 1;
    header.chain = chain;
    header.previous_file = sequence;
    header.previous_bytes = offset;
    header.durable_lsn = last;
    header.file_bytes = next.bytes;
    header.flags = next.recycled ? file_flag_recycled : 0U;
    header.wall_us = clock.wall_us();
    return header;
}

// Goes over to the next prepared file that has room for a group of `group_bytes`.
Status Journal::begin_file(std::uint64_t group_bytes) {
    PERDURE_ASSERT(group_bytes >= block_bytes);
    PERDURE_ASSERT(group_bytes % block_bytes == 0);
    State& state = *state_;
    const std::uint64_t head_bytes = state.head_bytes.load(std::memory_order_relaxed);
    // A file that is skipped still gets its head, or the sequence of used files would have a hole.
    bool found = false;
    for (const std::uint64_t bytes : state.spare.prepared()) {
        found = bytes >= head_bytes + group_bytes;
        if (found || bytes < head_bytes) break;
    }
    if (!found) {
        return error(Code::busy,
                     "{}: no prepared file has room for a group of {} bytes; prepare one",
                     state.directory, group_bytes);
    }
    do {
        std::optional<PreparedFile> taken = state.spare.take();
        PERDURE_ASSERT(taken.has_value());  // seen above, and nobody else takes
        PreparedFile next = *std::move(taken);
        const ByteSpan head = encode_file_head(state.next_header(next), state.definitions.count(),
                                               state.definitions.encoded(), state.head);
        PERDURE_ASSERT(head.size() == head_bytes);
        PERDURE_ASSERT(head.size() <= next.bytes);
        if (Status status = next.file->write_at(0, head); !status.ok()) return fail(status);
        const bool unflushed = seeded_bug("journal: a file's head is not flushed");
        if (Status status = unflushed ? Status() : next.file->sync(); !status.ok())
            return fail(status);
        state.sequence = next.sequence;
        state.file = std::move(next.file);
        state.file_bytes = next.bytes / block_bytes * block_bytes;
        state.offset = head.size();
        state.definitions.begin_file();
        state.attested = true;  // the header says which LSN is durable
        state.used.add({next.sequence, next.path, next.bytes, state.last + 1});
        state.publish_room();
        const std::lock_guard lock(state.mutex);
        state.statistics.bytes_written += head.size();
        ++state.statistics.flushes;
    } while (state.file_bytes - state.offset < group_bytes);
    state.head.shrink(state.options.group_bytes_max);
    return {};
}

Result<Appended> Journal::append(std::span<const ChangeSet* const> changes) {
    State& state = *state_;
    PERDURE_ASSERT(!changes.empty());
    PERDURE_TRY(check_writable());
    PERDURE_ASSERT(state.file != nullptr);
    state.group.clear(2 * std::size_t{state.options.group_bytes_max});

    std::size_t taken = 0;
    std::uint64_t limit = 0;
    bool definitions = false;
    while (taken < changes.size() && !definitions) {
        const ChangeSet& next = *changes[taken];
        PERDURE_ASSERT(next.lsn == state.last + 1 + taken);  // LSNs follow
        const Status encodable = check_frame(next);
        if (taken == 0) {
            PERDURE_TRY(encodable);
            state.group.add(next, frame_bytes_max(next));
            const std::uint64_t bytes = state.group.bytes();
            if (bytes > state.file_bytes - state.offset) PERDURE_TRY(begin_file(bytes));
            limit = std::min<std::uint64_t>(state.options.group_bytes_max,
                                            state.file_bytes - state.offset);
        } else {
            const std::uint64_t bound = frame_bytes_max(next);
            const std::uint64_t payload = state.group.payload_bytes() + bound;
            if (!encodable.ok() || round_up(group_header_bytes + payload, block_bytes) > limit)
                break;
            state.group.add(next, bound);
        }
        PERDURE_ASSERT(state.definitions.know(next));  // else no recovery could decode it
        definitions = !next.definitions.empty();
        ++taken;
    }

    PERDURE_ASSERT(taken != 0);
    PERDURE_ASSERT(taken <= changes.size());
    PERDURE_TAKE(const GroupAddress address, write_group(GroupKind::data, taken, definitions));
    PERDURE_ASSERT(state.last == changes[taken - 1]->lsn);
    if (definitions) state.definitions.apply(changes[taken - 1]->definitions);
    state.attested = false;
    state.publish_room();
    last_.store(state.last, std::memory_order_release);
    return Appended{taken, state.last, state.chain, address};
}

// Writes what the builder holds behind the last group and flushes it.
Result<GroupAddress> Journal::write_group(GroupKind kind, std::size_t frames, bool definitions) {
    PERDURE_ASSERT((kind == GroupKind::attest) == (frames == 0));
    State& state = *state_;
    GroupHeader header;
    header.kind = kind;
    header.flags = definitions ? group_flag_definitions : std::uint8_t{0};
    header.group = state.next_group;
    header.epoch = state.start.epoch;
    header.world_tag = world_tag(state.start.world);
    header.file = state.sequence;
    header.offset = state.offset;
    header.first_lsn = state.last + 1;
    header.frames = static_cast<std::uint32_t>(frames);
    header.durable_lsn = seeded_bug("journal: nothing says what is durable") ? 0 : state.last;
    header.wall_us = state.clock.wall_us();
    header.chain_before = state.chain;
    const ByteSpan bytes = state.group.seal(header);

    // Once more as recovery will see it: what must hold of every group that reaches the disk.
    const auto sealed = read_group_header(bytes.data());
    PERDURE_ASSERT(sealed.has_value());
    PERDURE_ASSERT(sealed->group_bytes() == bytes.size());
    PERDURE_ASSERT(sealed->group == state.next_group);
    PERDURE_ASSERT(sealed->chain_before == state.chain);
    PERDURE_ASSERT(sealed->file == state.sequence);
    PERDURE_ASSERT(sealed->offset == state.offset);
    PERDURE_ASSERT(sealed->last_lsn() == state.last + frames);
    PERDURE_ASSERT(state.offset % block_bytes == 0);
    PERDURE_ASSERT(bytes.size() % block_bytes == 0);
    PERDURE_ASSERT(state.offset + bytes.size() <= state.file_bytes);
    // What is in the file stays: a group never goes where the header lies.
    PERDURE_ASSERT(state.offset >= headers_bytes);

    if (Status status = state.file->write_at(state.offset, bytes); !status.ok())
        return fail(status);
    Status flushed = seeded_bug("journal: a group is not flushed") ? Status() : state.file->sync();
    if (!flushed.ok() && seeded_bug("journal: a failed flush is tried again"))  // untaken: a bug
        flushed = state.file->sync();                                           // untaken: as above
    if (!flushed.ok()) return fail(flushed);

    const GroupAddress address{state.sequence, state.offset, bytes.size()};
    state.offset += bytes.size();
    ++state.next_group;
    state.last += frames;
    state.chain = chain_after(*sealed);
    const std::lock_guard lock(state.mutex);
    ++state.statistics.groups;
    state.statistics.frames += frames;
    state.statistics.bytes_written += bytes.size();
    ++state.statistics.flushes;
    return address;
}

Status Journal::attest() {
    State& state = *state_;
    PERDURE_TRY(check_writable());
    if (state.attested) return {};
    if (state.file_bytes - state.offset < block_bytes) return begin_file(block_bytes);
    state.group.clear(2 * std::size_t{state.options.group_bytes_max});
    const Hash128 chain = state.chain;
    const auto address = write_group(GroupKind::attest, 0, false);
    if (!address) return address.status();
    PERDURE_ASSERT(address->bytes == block_bytes);
    PERDURE_ASSERT(state.chain == chain);  // it is not part of the history
    state.attested = true;
    state.publish_room();
    return {};
}

bool Journal::has_room(std::uint64_t encoded_bytes) const {
    const State& state = *state_;
    // All of it goes into the current file, or what does not goes into one that could take all.
    return encoded_bytes <= state.usable_rest() ||
           encoded_bytes <= state.usable(state.spare.largest());
}

bool Journal::has_room(std::uint64_t encoded_bytes, std::uint64_t largest) const {
    if (has_room(encoded_bytes)) return true;
    // A file is left only when the next change set does not fit: less than `largest` of it is lost
    // then.
    const State& state = *state_;
    const auto sure = [&](std::uint64_t bytes) { return bytes > largest ? bytes - largest : 0; };
    std::uint64_t room = sure(state.usable_rest());
    for (const std::uint64_t bytes : state.spare.prepared()) {
        if (state.usable(bytes) < largest) break;
        room += sure(state.usable(bytes));
    }
    return encoded_bytes <= room;
}

Status Journal::prepare(std::uint64_t encoded_bytes) {
    State& state = *state_;
    PERDURE_TRY(check_writable());
    if (has_room(encoded_bytes)) return {};
    return state.spare.make_file(state.head_bytes.load() + block_bytes + encoded_bytes);
}

bool Journal::wants_files() const { return state_->spare.wants_files(); }

void Journal::give_back_memory() {
    state_->group.clear(0);
    state_->head.shrink(0);
}

Result<bool> Journal::prepare_step() {
    PERDURE_TRY(check_writable());
    return state_->spare.step();
}

Status Journal::trim(Lsn safe) {
    State& state = *state_;
    PERDURE_TRY(check_writable());
    while (auto file = state.used.trimmable(safe)) {
        PERDURE_ASSERT(file->first_lsn - 1 <= safe);
        PERDURE_TRY(state.spare.retire(file));
        state.used.erase(file->sequence);
    }
    return {};
}

Result<std::vector<ChangeSet>> Journal::read(const GroupAddress& address, const Catalog& catalog) {
    State& state = *state_;
    const std::shared_ptr<const UsedFile> used = state.used.find(address.file);
    if (used == nullptr) {
        return error(Code::not_found, "{}: file {:016x} was trimmed", state.directory,
                     address.file);
    }
    const auto damaged = [&](std::string_view what) {
        return error(Code::corrupt, "{} at offset {}: {}; close the world and verify it",
                     used->path, address.offset, what);
    };
    if (address.bytes < block_bytes || address.bytes % block_bytes != 0 ||
        address.offset > used->bytes || address.bytes > used->bytes - address.offset) {
        return damaged(text::format("no group can be there, {} bytes long", address.bytes));
    }
    PERDURE_TAKE(const std::unique_ptr<io::File> file, state.files.open(used->path, {}));
    IoBuffer buffer;
    buffer.reserve(address.bytes, 0);
    const MutableByteSpan bytes(buffer.data(), address.bytes);
    PERDURE_TAKE(const std::size_t got, file->read_at(address.offset, bytes));
    if (got != bytes.size()) return damaged(text::format("it ends after {} bytes", got));
    const auto header = read_group_header(bytes.data());
    if (!header || header->file != address.file || header->offset != address.offset ||
        header->world_tag != world_tag(state.start.world) ||
        header->group_bytes() != bytes.size()) {
        return damaged("its header is not that of the group which was written there");
    }
    if (!payload_holds(*header, bytes)) return damaged("its frames do not match their checksum");
    auto changes = decode_group(*header, bytes, catalog);
    if (!changes) return damaged(changes.status().message());
    return changes;
}

Statistics Journal::statistics() const {
    const State& state = *state_;
    std::unique_lock lock(state.mutex);
    Statistics statistics = state.statistics;
    lock.unlock();
    statistics.bytes_prepared = state.spare.bytes_prepared();
    statistics.files = state.used.count();
    statistics.files_recycled = state.spare.files_recycled();
    statistics.disk_free_bytes = state.spare.disk_free_bytes();
    statistics.bytes_on_disk = state.spare.bytes_on_disk();
    return statistics;
}

Status Journal::check_writable() const {
    if (!state_->failed.load(std::memory_order_acquire)) return {};
    const std::lock_guard lock(state_->mutex);
    PERDURE_ASSERT(!state_->failure.ok());
    return state_->failure;
}

// Final: after a failed write or flush nobody knows what is on the disk, and a second flush would
// not say.
Status Journal::fail(const Status& cause) {
    PERDURE_ASSERT(!cause.ok());
    const std::lock_guard lock(state_->mutex);
    if (state_->failure.ok()) {  // untaken: only a seeded bug writes on, and fails again
        state_->failure = error(
            Code::read_only, "the journal takes nothing more: {}; open the world again to recover",
            cause.message());
    }
    if (seeded_bug("journal: writes on after a failed flush")) return state_->failure;
    state_->failed.store(true, std::memory_order_release);
    return state_->failure;
}

std::uint64_t encoded_bytes_max(const ChangeSet& changes) noexcept {
    const std::uint64_t frame = frame_bytes_max(changes);
    // Definitions are also at the head of the next file.
    const std::uint64_t again = changes.definitions.empty() ? 0 : round_up(frame, block_bytes);
    return round_up(group_header_bytes + frame, block_bytes) + again;
}

}  // namespace perdure::journal
