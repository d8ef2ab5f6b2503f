// A journal's directory in a disk in memory, made of an input: pieces of files, and zeros between
// them, so that files of 32 KiB and more fit into inputs of a few hundred bytes.
//
//     piece: file (1 byte), offset (4 bytes), length (2 bytes), that many bytes
//
// A piece without bytes says where its file ends; a file without such a piece ends with the block
// of its last byte. A file's name is the sequence number in its first eight bytes of that field, if
// that is a number that a file can have, else the piece's file number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/target.h"
#include "io/memory_file_system.h"
#include "perdure/value.h"

namespace perdure::fuzz {

inline const std::string journal_path = "world/journal";

class JournalDirectory {
public:
    using Content = std::vector<std::byte>;

    JournalDirectory() = default;
    explicit JournalDirectory(ByteSpan input);

    // Every checksum that a writer would have written over what is there: of headers, definitions,
    // payloads and groups, and the chain through them.
    void seal();

    // By what number the pieces know them.
    [[nodiscard]] std::map<std::uint8_t, Content>& files() noexcept { return files_; }
    [[nodiscard]] std::unique_ptr<io::MemoryFileSystem> disk() const;
    // The world of the first file that has a header.
    [[nodiscard]] Uuid world() const;
    // The pieces that give these files again.
    [[nodiscard]] std::vector<std::byte> pieces() const;

private:
    std::map<std::uint8_t, Content> files_;
};

}  // namespace perdure::fuzz
