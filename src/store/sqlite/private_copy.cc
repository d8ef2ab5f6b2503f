#include "store/sqlite/private_copy.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "store/sqlite/companions.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::size_t copy_bytes = 1 << 20;
constexpr const char* copy_name = "store.sqlite";

Status copy_file(io::FileSystem& files, const std::string& from, const std::string& to) {
    PERDURE_TAKE(const std::unique_ptr<io::File> source, files.open(from, {}));
    PERDURE_TAKE(const std::unique_ptr<io::File> target,
                 files.open(to, {.write = true, .create = true, .exclusive = true}));
    std::vector<std::byte> buffer(copy_bytes);
    for (std::uint64_t offset = 0;;) {
        PERDURE_TAKE(const std::size_t read, source->read_at(offset, buffer));
        PERDURE_ASSERT(read <= buffer.size());
        if (read == 0) return {};
        PERDURE_TRY(target->write_at(offset, ByteSpan(buffer).first(read)));
        offset += read;
    }
}

}  // namespace

Result<std::string> copy_files(io::FileSystem& files, const std::string& path,
                               const std::string& directory) {
    const std::string copy =
        std::filesystem::path(io::join_path(directory, copy_name)).lexically_normal();
    PERDURE_TRY(copy_file(files, path, copy));
    for (const char* ending : {log_ending, journal_ending, renewal_ending, mark_ending}) {
        PERDURE_TAKE(const bool there, files.exists(path + ending));
        if (there) PERDURE_TRY(copy_file(files, path + ending, copy + ending));
    }
    return copy;
}

std::string told_of_original(std::string_view words, const std::string& copy,
                             const std::string& original) {
    PERDURE_ASSERT(!copy.empty());  // it would be found for ever
    std::string told;
    for (;;) {
        const std::size_t at = words.find(copy);
        told += words.substr(0, at);
        if (at == std::string_view::npos) return told;
        told += original;
        words.remove_prefix(at + copy.size());
    }
}

Status told_of_original(const Status& status, const std::string& copy,
                        const std::string& original) {
    return {status.code(), told_of_original(status.message(), copy, original)};
}

}  // namespace perdure::store::sqlite
