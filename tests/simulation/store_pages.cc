#include "simulation/store_pages.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/checksum.h"

namespace perdure::simulation {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t judged = page - 8;

const std::string store_path = "world/store.sqlite";
const std::string log_path = "world/store.sqlite-wal";
constexpr std::size_t log_header = 32;
constexpr std::size_t frame_header = 24;

std::vector<std::byte> bytes_of(io::MemoryFileSystem& disk, const std::string& path) {
    const auto there = disk.exists(path);
    return there.ok() && *there ? disk.read_at_rest(path) : std::vector<std::byte>();
}

std::uint64_t big_endian(const std::vector<std::byte>& bytes, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t byte = 0; byte < 4; ++byte) {
        number = number << 8 | std::to_integer<std::uint64_t>(bytes[at + byte]);
    }
    return number;
}

}  // namespace

std::vector<std::uint64_t> stale_pages(io::MemoryFileSystem& whole, io::MemoryFileSystem& hurt) {
    std::vector<std::uint64_t> stale;
    const std::vector<std::byte> before = bytes_of(whole, store_path);
    const std::vector<std::byte> after = bytes_of(hurt, store_path);
    const std::size_t end = std::min(before.size(), after.size());
    for (std::size_t at = 0; at + page <= end; at += page) {
        const ByteSpan bytes = ByteSpan(after).subspan(at, page);
        if (std::memcmp(bytes.data(), before.data() + at, page) == 0) continue;
        const std::uint64_t number = at / page + 1;
        std::uint64_t sum = 0;
        for (std::size_t byte = 0; byte < 8; ++byte) {
            sum |= std::to_integer<std::uint64_t>(bytes[judged + byte]) << (8 * byte);
        }
        if (sum == checksum64(bytes.first(judged), number)) stale.push_back(number);
    }
    return stale;
}

// The last 8 bytes of a page are its checksum in the file, and nothing in the log. A transaction
// whose commit is cut off goes as a whole.
bool cuts_off_copied_frames(const Damage& damage, io::MemoryFileSystem& whole) {
    const std::vector<std::byte> file = bytes_of(whole, store_path);
    const std::vector<std::byte> log = bytes_of(whole, log_path);
    bool copied = false;  // a frame since the last commit before the damage
    for (std::size_t at = log_header; at + frame_header + page <= log.size();
         at += frame_header + page) {
        if (std::memcmp(&log[at + 8], &log[16], 8) != 0) break;  // the salts: of an older use
        const bool cut_off = damage.touches(log_path, 0, at + frame_header + page);
        const std::uint64_t number = big_endian(log, at);
        copied = copied ||
                 (number > 0 && number * page <= file.size() &&
                  std::memcmp(&log[at + frame_header], &file[(number - 1) * page], judged) == 0);
        if (cut_off && copied) return true;
        const bool commits = big_endian(log, at + 4) != 0;
        if (commits && !cut_off) copied = false;
    }
    return false;
}

}  // namespace perdure::simulation
