#include "simulation/journal_end.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"

namespace perdure::simulation {
namespace {

constexpr std::string_view file_magic = "PERDJRNL";
constexpr std::string_view group_magic = "PDJGROUP";
constexpr std::size_t block = 4096;

std::uint64_t number_at(ByteSpan bytes, std::size_t at, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t byte = 0; byte < width; ++byte) {
        value |= std::to_integer<std::uint64_t>(bytes[at + byte]) << (8 * byte);
    }
    return value;
}

bool begins_with(ByteSpan bytes, std::string_view magic) {
    return std::equal(magic.begin(), magic.end(), bytes.begin(), [](char letter, std::byte byte) {
        return static_cast<std::byte>(letter) == byte;
    });
}

struct Header {
    std::string path;
    std::uint64_t sequence = 0;  // of the file it is in, by its name
    std::uint64_t offset = 0;
    ByteSpan bytes;  // of its block
    bool of_group = false;
};

// Every header with the right checksum, at a block of a journal file.
void each_header(io::MemoryFileSystem& disk, const std::function<void(const Header&)>& visit) {
    const std::string directory = "world/journal";
    const auto names = disk.list(directory);
    if (!names.ok()) return;
    for (const std::string& name : *names) {
        if (!name.ends_with(".pdj")) continue;
        const std::string path = io::join_path(directory, name);
        const std::vector<std::byte> rest = disk.read_at_rest(path);
        for (std::size_t at = 0; at + block <= rest.size(); at += block) {
            const ByteSpan bytes = ByteSpan(rest).subspan(at, block);
            const bool of_group = begins_with(bytes, group_magic);
            if (!of_group && !begins_with(bytes, file_magic)) continue;
            const std::size_t sum_at = of_group ? 120 : 4088;
            if (number_at(bytes, sum_at, 8) != checksum64(bytes.first(sum_at))) continue;
            visit({path, std::stoull(name.substr(0, 16), nullptr, 16), at, bytes, of_group});
        }
    }
}

}  // namespace

std::optional<GroupPlace> find_group(io::MemoryFileSystem& disk, Lsn wanted) {
    constexpr std::uint64_t kind_data = 1;
    std::optional<GroupPlace> found;
    std::uint64_t newest_epoch = 0;
    each_header(disk, [&](const Header& header) {
        if (!header.of_group || number_at(header.bytes, 11, 1) != kind_data) return;
        const bool at_home = number_at(header.bytes, 40, 8) == header.sequence &&
                             number_at(header.bytes, 48, 8) == header.offset;
        const Lsn first = number_at(header.bytes, 56, 8);
        const std::uint64_t frames = number_at(header.bytes, 64, 4);
        const std::uint64_t epoch = number_at(header.bytes, 24, 8);
        if (!at_home || first != wanted || epoch < newest_epoch) return;
        newest_epoch = epoch;
        const std::uint64_t bytes = 128 + number_at(header.bytes, 72, 8);
        found = GroupPlace{header.path, header.offset, (bytes + block - 1) / block * block, first,
                           first + frames - 1};
    });
    return found;
}

Lsn highest_attested(io::MemoryFileSystem& disk) {
    Lsn highest = 0;
    each_header(disk, [&](const Header& header) {
        highest = std::max(highest, number_at(header.bytes, header.of_group ? 80 : 128, 8));
    });
    return highest;
}

}  // namespace perdure::simulation
