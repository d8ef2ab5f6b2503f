// The head of a journal file. Input: a byte of how, then the first block, then the second.
#include "journal/file_header.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "fuzz/target.h"
#include "journal/group.h"

namespace perdure::fuzz {
namespace {

using journal::FileHeader;
using journal::HeaderFound;

constexpr std::size_t block = journal::block_bytes;
constexpr std::uint64_t definitions_tried_max = 64U << 10;

constexpr unsigned how_seal = 1;           // both copies get the checksum of what they are
constexpr unsigned how_twice = 2;          // the second copy is the first
constexpr unsigned how_damage_first = 4;   // a bit of it is flipped afterwards
constexpr unsigned how_damage_second = 8;  // likewise

void seal_header_copy(std::byte* copy) {
    store_le(copy + journal::file_checksum_offset,
             checksum64({copy, journal::file_checksum_offset}));
}

std::vector<std::byte> headers_of(Input input) {
    const auto how = input.number<std::uint8_t>();
    std::vector<std::byte> headers(journal::headers_bytes);
    const ByteSpan given = input.take(headers.size());
    std::copy(given.begin(), given.end(), headers.begin());
    std::byte* const first = headers.data();
    std::byte* const second = first + block;
    if ((how & how_seal) != 0) seal_header_copy(first);
    if ((how & how_twice) != 0) std::memcpy(second, first, block);
    if ((how & how_seal) != 0) seal_header_copy(second);
    if ((how & how_damage_first) != 0) first[block / 2] ^= std::byte{1};
    if ((how & how_damage_second) != 0) second[block / 2] ^= std::byte{1};
    return headers;
}

bool copy_is_whole(const std::byte* copy) {
    return load_le<std::uint64_t>(copy + journal::file_checksum_offset) ==
           checksum64({copy, journal::file_checksum_offset});
}

// What was taken is written as it was read; the definitions and their checksum are not the
// header's.
void check_written_again(const FileHeader& header) {
    if (header.definitions_bytes > definitions_tried_max) return;
    const std::vector<std::byte> definitions(header.definitions_bytes);
    journal::IoBuffer buffer;
    const ByteSpan head =
        journal::encode_file_head(header, header.definitions, definitions, buffer);
    PERDURE_ASSERT(head.size() == header.groups_offset());
    HeaderFound again = journal::read_file_header(head.first(journal::headers_bytes));
    PERDURE_ASSERT(again.state == HeaderFound::State::valid && again.remark.empty());
    again.header.definitions_checksum = header.definitions_checksum;
    PERDURE_ASSERT(std::memcmp(&again.header, &header, sizeof header) == 0);
}

}  // namespace

Outcome file_header(ByteSpan input) {
    const std::vector<std::byte> headers = headers_of(Input(input));
    const HeaderFound found = journal::read_file_header(headers);
    const bool some_copy_is_whole =
        copy_is_whole(headers.data()) || copy_is_whole(headers.data() + block);
    switch (found.state) {
        case HeaderFound::State::zero: PERDURE_ASSERT(journal::is_zero(headers)); break;
        case HeaderFound::State::invalid: PERDURE_ASSERT(!found.remark.empty()); break;
        case HeaderFound::State::newer:
            PERDURE_ASSERT(some_copy_is_whole && !found.remark.empty());
            break;
        case HeaderFound::State::valid:
            PERDURE_ASSERT(some_copy_is_whole);
            check_written_again(found.header);
            return Outcome::taken;
    }
    return Outcome::refused;
}

}  // namespace perdure::fuzz
