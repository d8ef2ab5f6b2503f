// FileHeader as bytes: the head of a journal file is the header, its copy, and the definitions in
// force. docs/format/journal.md, "File header".
//
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "journal/format.h"
#include "journal/io_buffer.h"

namespace perdure::journal {

// Writes header, copy and padded definitions into `to`, lengths and checksums filled in; returns
// them, ready to be written at offset 0.
ByteSpan encode_file_head(FileHeader header, std::uint32_t definition_count, ByteSpan definitions,
                          IoBuffer& to);

struct HeaderFound {
    enum class State : std::uint8_t {
        valid,
        zero,     // prepared and never used
        invalid,  // neither copy is valid
        newer,    // valid, and beyond what this program can read
    };
    State state = State::invalid;
    FileHeader header;   // if valid or newer
    std::string remark;  // which copy is damaged, and the like; empty if there is nothing to say
};

// `headers` are the first headers_bytes of a file. A copy that could not be read is given as
// anything invalid.
[[nodiscard]] HeaderFound read_file_header(ByteSpan headers);

}  // namespace perdure::journal
