#include "fuzz/journal_directory.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "journal/file_name.h"
#include "journal/format.h"
#include "journal/group.h"

namespace perdure::fuzz {
namespace {

using journal::FileHeader;
using journal::GroupHeader;

constexpr std::size_t files_max = 4;  // a chain of files, one missing, one too many
constexpr std::uint32_t journal_bytes_max = 96 << 10;  // three times the smallest file
constexpr std::size_t zeros_worth_a_piece = 16;        // fewer are cheaper as they are

FileHeader header_at(const std::byte* at) { return load_le<FileHeader>(at); }

bool has_header(const JournalDirectory::Content& file) {
    return file.size() >= journal::headers_bytes &&
           header_at(file.data()).magic == journal::file_magic;
}

void seal_definitions(JournalDirectory::Content& file, FileHeader& header) {
    if (header.definitions_bytes > file.size() - journal::headers_bytes) return;
    header.definitions_checksum =
        checksum64(ByteSpan(file).subspan(journal::headers_bytes, header.definitions_bytes));
}

void seal_copies(JournalDirectory::Content& file, const FileHeader& header) {
    std::byte* const first = file.data();
    store_le(first, header);
    store_le(first + journal::file_checksum_offset,
             checksum64({first, journal::file_checksum_offset}));
    std::memcpy(first + journal::block_bytes, first, journal::block_bytes);
}

// Goes from group to group, as far as they have their magic, and returns the chain behind them.
Hash128 seal_groups(JournalDirectory::Content& file, const FileHeader& header) {
    Hash128 chain = header.chain;
    if (header.definitions_bytes > file.size()) return chain;
    for (std::uint64_t at = header.groups_offset(); at + journal::block_bytes <= file.size();) {
        auto group = load_le<GroupHeader>(file.data() + at);
        if (group.magic != journal::group_magic) return chain;
        const std::uint64_t room = file.size() - at - journal::group_header_bytes;
        if (group.payload_bytes > room) return chain;
        group.chain_before = chain;
        group.payload_checksum = checksum64(
            ByteSpan(file).subspan(at + journal::group_header_bytes, group.payload_bytes));
        store_le(file.data() + at, group);
        group.header_checksum = checksum64({file.data() + at, journal::group_checksum_offset});
        store_le(file.data() + at, group);
        chain = journal::chain_after(group);
        at += group.group_bytes();
    }
    return chain;
}

std::uint64_t sequence_of(const JournalDirectory::Content& file, std::uint8_t number) {
    const std::uint64_t fallback = std::uint64_t{number} + 1;
    if (!has_header(file)) return fallback;
    const std::uint64_t sequence = header_at(file.data()).sequence;
    return sequence == 0 ? fallback : sequence;
}

void append_piece(std::uint8_t number, std::size_t offset, ByteSpan bytes,
                  std::vector<std::byte>& to) {
    const std::size_t at = to.size();
    to.resize(at + 7);
    store_le(to.data() + at, number);
    store_le(to.data() + at + 1, static_cast<std::uint32_t>(offset));
    store_le(to.data() + at + 5, static_cast<std::uint16_t>(bytes.size()));
    to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

JournalDirectory::JournalDirectory(ByteSpan input) {
    std::map<std::uint8_t, std::size_t> ends;
    for (Input left(input); !left.empty();) {
        const auto number = static_cast<std::uint8_t>(left.number<std::uint8_t>() % files_max);
        const std::size_t offset = left.number<std::uint32_t>() % journal_bytes_max;
        const ByteSpan bytes = left.take(left.number<std::uint16_t>());
        Content& file = files_[number];
        if (bytes.empty()) ends[number] = offset;
        const std::size_t end = std::min<std::size_t>(offset + bytes.size(), journal_bytes_max);
        if (bytes.empty() || end <= offset) continue;
        file.resize(
            std::max(file.size(), static_cast<std::size_t>(round_up(end, journal::block_bytes))));
        std::copy_n(bytes.begin(), end - offset,
                    file.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    for (const auto& [number, end] : ends) files_[number].resize(end);
}

void JournalDirectory::seal() {
    std::map<std::uint64_t, std::uint8_t> by_sequence;
    for (const auto& [number, file] : files_) {
        if (has_header(file)) by_sequence[sequence_of(file, number)] = number;
    }
    std::optional<Hash128> chain;
    for (const auto& [sequence, number] : by_sequence) {
        Content& file = files_[number];
        FileHeader header = header_at(file.data());
        if (chain) header.chain = *chain;
        seal_definitions(file, header);
        seal_copies(file, header);
        chain = seal_groups(file, header);
    }
}

std::unique_ptr<io::MemoryFileSystem> JournalDirectory::disk() const {
    auto disk = std::make_unique<io::MemoryFileSystem>();
    PERDURE_ASSERT(disk->create_directory("world").ok());
    PERDURE_ASSERT(disk->create_directory(journal_path).ok());
    for (const auto& [number, content] : files_) {
        const std::string name = journal::file_name(sequence_of(content, number));
        const auto file =
            disk->open(io::join_path(journal_path, name), {.write = true, .create = true});
        PERDURE_ASSERT(file.ok() && (*file)->resize(content.size()).ok());
        PERDURE_ASSERT(content.empty() || (*file)->write_at(0, content).ok());
        PERDURE_ASSERT((*file)->sync().ok());
    }
    PERDURE_ASSERT(disk->sync_directory("").ok() && disk->sync_directory("world").ok());
    PERDURE_ASSERT(disk->sync_directory(journal_path).ok());
    return disk;
}

Uuid JournalDirectory::world() const {
    for (const auto& [number, file] : files_) {
        if (has_header(file)) return header_at(file.data()).world;
    }
    return {};
}

std::vector<std::byte> JournalDirectory::pieces() const {
    std::vector<std::byte> all;
    for (const auto& [number, file] : files_) {
        append_piece(number, file.size(), {}, all);
        for (std::size_t at = 0; at < file.size();) {
            if (file[at] == std::byte{0}) {
                ++at;
                continue;
            }
            std::size_t end = at + 1;
            for (std::size_t next = end; next < file.size(); ++next) {
                if (file[next] != std::byte{0}) end = next + 1;
                if (next >= end + zeros_worth_a_piece) break;
            }
            append_piece(number, at, ByteSpan(file).subspan(at, end - at), all);
            at = end;
        }
    }
    return all;
}

}  // namespace perdure::fuzz
