// Group: what one flush makes durable. GroupBuilder makes one in an aligned buffer; the functions
// check one that was read. docs/format/journal.md, "Groups".
//
// Thread rule: a GroupBuilder is used by one thread at a time; functions are pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "journal/format.h"
#include "journal/io_buffer.h"
#include "model/change_set.h"

namespace perdure::journal {

class GroupBuilder {
public:
    // Forgets what was added. Memory beyond `kept_bytes` is given back.
    void clear(std::size_t kept_bytes);
    // Adds the frame of a change set that passed check_frame().
    void add(const ChangeSet& changes, std::uint64_t frame_bytes_bound);

    [[nodiscard]] std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }
    // Header, frames so far and padding.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        return round_up(group_header_bytes + payload_bytes_, block_bytes);
    }

    // Completes the header with lengths and checksums, zeroes the padding. What is returned stays
    // valid until the next call.
    [[nodiscard]] ByteSpan seal(GroupHeader header);

private:
    IoBuffer buffer_;
    std::uint64_t payload_bytes_ = 0;
};

// The header at `at` (group_header_bytes are there) if it is valid by itself (J-5).
[[nodiscard]] std::optional<GroupHeader> read_group_header(const std::byte* at) noexcept;

// Whether frames and padding of `group`, which is header.group_bytes() long, are what the header
// says.
[[nodiscard]] bool payload_holds(const GroupHeader& header, ByteSpan group) noexcept;

// The chain behind this group.
[[nodiscard]] Hash128 chain_after(const GroupHeader& header) noexcept;

[[nodiscard]] bool is_zero(ByteSpan bytes) noexcept;

}  // namespace perdure::journal
