#include "jobs/quarantine.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "journal/file_reader.h"

namespace perdure::jobs {
namespace {

constexpr int names_max = 10'000;  // of one name: somebody repairs in a loop

std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// Behind the last byte that is not zero.
Result<std::uint64_t> content_end(journal::FileReader& reader, std::uint64_t from) {
    std::uint64_t end = from;
    for (std::uint64_t offset = from; offset < reader.file_bytes();) {
        PERDURE_TAKE(const ByteSpan piece, reader.read(offset, journal::FileReader::scan_bytes));
        const auto last = std::find_if(piece.rbegin(), piece.rend(),
                                       [](std::byte byte) { return byte != std::byte{0}; });
        const auto used = static_cast<std::uint64_t>(piece.rend() - last);
        if (used > 0) end = offset + used;
        offset += piece.size();
    }
    return end;
}

}  // namespace

Status Quarantine::prepare() {
    PERDURE_TRY(files_.create_directory(place_.quarantine()));
    return files_.sync_directory(place_.path());
}

Result<std::string> Quarantine::free_name(const std::string& wanted) {
    std::string name = wanted;
    for (int number = 2; number < names_max; ++number) {
        PERDURE_TAKE(const bool taken, files_.exists(io::join_path(place_.quarantine(), name)));
        if (!taken) return name;
        name = text::format("{}.{}", wanted, number);
    }
    return error(Code::no_space, "{}: there are {} of {}; look at them and take some away",
                 place_.quarantine(), names_max, wanted);
}

Status Quarantine::move(const std::string& path, std::string_view why) {
    PERDURE_TAKE(const bool there, files_.exists(path));
    if (!there) return {};
    PERDURE_TRY(prepare());
    PERDURE_TAKE(const std::string name, free_name(text::format("{}.{}", name_of(path), why)));
    const std::string target = io::join_path(place_.quarantine(), name);
    PERDURE_TRY(files_.rename(path, target));
    PERDURE_TRY(files_.sync_directory(place_.quarantine()));
    PERDURE_TRY(files_.sync_directory(io::parent_path(path)));
    taken_.push_back(target);
    return {};
}

Status Quarantine::copy(const std::string& path, std::uint64_t offset, std::string_view why) {
    // Bad blocks of a disk are passed over: what can be read is kept.
    PERDURE_TAKE(journal::FileReader reader,
                 journal::FileReader::open(files_, path, journal::FileReader::scan_bytes));
    PERDURE_TAKE(const std::uint64_t end, content_end(reader, offset));
    if (end == offset) return {};
    PERDURE_TRY(prepare());
    const std::string at = offset == 0 ? "" : text::format(".at-{}", offset);
    PERDURE_TAKE(const std::string name,
                 free_name(text::format("{}{}.{}", name_of(path), at, why)));
    const std::string target = io::join_path(place_.quarantine(), name);
    {
        PERDURE_TAKE(const std::unique_ptr<io::File> copy,
                     files_.open(target + ".new", {.write = true, .create = true}));
        PERDURE_TRY(copy->resize(0));  // a crash may have left an earlier attempt here
        for (std::uint64_t from = offset; from < end;) {
            PERDURE_TAKE(const ByteSpan piece,
                         reader.read(from, std::min(journal::FileReader::scan_bytes, end - from)));
            PERDURE_TRY(copy->write_at(from - offset, piece));
            from += piece.size();
        }
        PERDURE_TRY(copy->sync());
    }
    PERDURE_TRY(files_.rename(target + ".new", target));
    PERDURE_TRY(files_.sync_directory(place_.quarantine()));
    taken_.push_back(target);
    return {};
}

}  // namespace perdure::jobs
