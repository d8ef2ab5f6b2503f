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

std::vector<std::byte> bytes_of(io::MemoryFileSystem& disk, const std::string& path) {
    const auto there = disk.exists(path);
    return there.ok() && *there ? disk.read_at_rest(path) : std::vector<std::byte>();
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

}  // namespace perdure::simulation
