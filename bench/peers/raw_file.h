// A file written in full beforehand, as recycled journal files are: a write changes data blocks
// only, so that fdatasync has no metadata to flush. Buffered, or past the page cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>

namespace perdure::bench {

constexpr std::size_t block_bytes = 4096;  // what O_DIRECT asks of lengths, offsets and memory

constexpr std::size_t round_up_to_block(std::size_t bytes) {
    return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

enum class WriteMode { buffered, direct };

class RawFile {
public:
    // Creates the file, writes `bytes` zeros and flushes them. Throws std::system_error, as all
    // members do.
    RawFile(const std::filesystem::path& path, std::uint64_t bytes, WriteMode mode);
    ~RawFile();
    RawFile(const RawFile&) = delete;
    RawFile& operator=(const RawFile&) = delete;

    std::uint64_t size() const { return size_; }

    // One pwrite; in direct mode all three of offset, length and memory are multiples of
    // block_bytes.
    void write(std::span<const std::byte> bytes, std::uint64_t offset);
    void flush();  // fdatasync
    void read(std::span<std::byte> into, std::uint64_t offset) const;

private:
    std::filesystem::path path_;
    std::uint64_t size_;
    int file_ = -1;
};

// Zeroed memory that O_DIRECT takes.
class BlockBuffer {
public:
    explicit BlockBuffer(std::size_t bytes);

    std::byte* data() { return bytes_.get(); }
    std::span<std::byte> first(std::size_t bytes) { return {bytes_.get(), bytes}; }
    std::size_t size() const { return size_; }

private:
    struct Free {
        void operator()(std::byte* bytes) const { std::free(bytes); }
    };
    std::size_t size_;
    std::unique_ptr<std::byte, Free> bytes_;
};

}  // namespace perdure::bench
