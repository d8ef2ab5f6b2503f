#include "jobs/pruned_files.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace perdure::jobs {
namespace {

Status only_looks(const std::string& path) {
    return error(Code::read_only, "{}: this view of the disk is for looking", path);
}

class CutFile final : public io::File {
public:
    CutFile(std::unique_ptr<io::File> file, std::string path, std::uint64_t offset,
            std::uint64_t bytes)
        : file_(std::move(file)), path_(std::move(path)), offset_(offset), bytes_(bytes) {}

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteSpan into) override {
        if (offset >= bytes_) return std::size_t{0};
        into = into.first(std::min<std::uint64_t>(into.size(), bytes_ - offset));
        const std::size_t whole =
            offset < offset_ ? std::min<std::uint64_t>(into.size(), offset_ - offset) : 0;
        std::fill(into.begin(), into.end(), std::byte{0});
        if (whole > 0) {
            PERDURE_TAKE(const std::size_t read, file_->read_at(offset, into.first(whole)));
            std::fill(into.begin() + static_cast<std::ptrdiff_t>(read), into.end(), std::byte{0});
        }
        return into.size();
    }
    Status write_at(std::uint64_t, ByteSpan) override { return only_looks(path_); }
    Status sync() override { return only_looks(path_); }
    Result<std::uint64_t> size() override { return bytes_; }
    Status resize(std::uint64_t) override { return only_looks(path_); }

private:
    const std::unique_ptr<io::File> file_;
    const std::string path_;
    const std::uint64_t offset_;
    const std::uint64_t bytes_;
};

}  // namespace

Result<std::unique_ptr<io::File>> PrunedFiles::open(const std::string& path,
                                                    io::OpenOptions options) {
    if (options.write) return only_looks(path);
    if (hidden_.contains(path)) return error(Code::not_found, "{} was set aside", path);
    const auto found = cuts_.find(path);
    // A direct read wants an aligned buffer and length; what is left of a cut file may be neither.
    if (found != cuts_.end()) options.direct = false;
    PERDURE_TAKE(std::unique_ptr<io::File> file, disk_.open(path, options));
    if (found == cuts_.end()) return file;
    return std::unique_ptr<io::File>(std::make_unique<CutFile>(
        std::move(file), path, found->second.offset, found->second.bytes));
}

Result<bool> PrunedFiles::exists(const std::string& path) {
    if (hidden_.contains(path)) return false;
    return disk_.exists(path);
}

Result<std::vector<std::string>> PrunedFiles::list(const std::string& directory) {
    PERDURE_TAKE(std::vector<std::string> names, disk_.list(directory));
    std::erase_if(names, [&](const std::string& name) {
        return hidden_.contains(io::join_path(directory, name));
    });
    return names;
}

Status PrunedFiles::create_directory(const std::string& path) { return only_looks(path); }
Status PrunedFiles::rename(const std::string& from, const std::string&) { return only_looks(from); }
Status PrunedFiles::remove(const std::string& path) { return only_looks(path); }
Status PrunedFiles::remove_directory(const std::string& path) { return only_looks(path); }
Status PrunedFiles::sync_directory(const std::string& path) { return only_looks(path); }
Result<std::unique_ptr<io::FileLock>> PrunedFiles::lock(const std::string& path, std::string_view) {
    return only_looks(path);
}
Status PrunedFiles::probe_lock(const std::string& path) { return disk_.probe_lock(path); }
Result<std::uint64_t> PrunedFiles::free_bytes(const std::string& directory) {
    return disk_.free_bytes(directory);
}

}  // namespace perdure::jobs
