// FileReader: reads a journal file past the page cache in large pieces, and survives bad blocks:
// what the disk cannot give is read again block by block, and what then still fails is told by
// unreadable().
//
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "io/file_system.h"
#include "journal/io_buffer.h"

namespace perdure::journal {

class FileReader {
public:
    static constexpr std::uint64_t scan_bytes =
        4ULL << 20;  // at 1 MiB and more a disk gives what it has
    static constexpr std::uint64_t peek_bytes = 64ULL << 10;  // for a header
    // More bad blocks than this (4 MiB of them) is a disk that is gone, not a latent error.
    static constexpr std::size_t unreadable_blocks_max = 1024;

    // Each read from the disk is about `chunk_bytes`, or what is asked for if that is more.
    static Result<FileReader> open(io::FileSystem& files, std::string path,
                                   std::uint64_t chunk_bytes);

    // The bytes at [offset, offset + bytes), fewer at the end of the file; valid until the next
    // call. `offset` is a multiple of a block.
    Result<ByteSpan> read(std::uint64_t offset, std::uint64_t bytes);
    // Whether some block of that range could not be read. Its bytes are arbitrary.
    [[nodiscard]] bool unreadable(std::uint64_t offset, std::uint64_t bytes) const;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }
    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

private:
    FileReader(std::string path, std::unique_ptr<io::File> file, std::uint64_t file_bytes,
               std::uint64_t chunk_bytes);

    Status fill(std::uint64_t offset, MutableByteSpan into);
    Status fill_block(std::uint64_t offset, MutableByteSpan into);

    std::string path_;
    std::unique_ptr<io::File> file_;
    std::uint64_t file_bytes_;
    std::uint64_t chunk_bytes_;
    std::uint64_t bytes_read_ = 0;
    std::set<std::uint64_t> unreadable_;  // offsets of blocks

    IoBuffer window_;
    std::uint64_t window_offset_ = 0;
    std::uint64_t window_bytes_ = 0;
};

}  // namespace perdure::journal
