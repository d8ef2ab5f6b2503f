#include "store/sqlite/raw_file.h"

#include <algorithm>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"

namespace perdure::store::sqlite {
namespace {

Status raw_answer(int code, const char* doing, const std::string& path) {
    if (code == SQLITE_OK) return {};
    const Code meaning = (code & 0xff) == SQLITE_FULL ? Code::no_space : Code::io;
    return error(meaning, "cannot {} {}: {} (SQLite's code {})", doing, path, sqlite3_errstr(code),
                 code);
}

}  // namespace

RawFile::RawFile(sqlite3_vfs* vfs, const std::string& path)
    : path_(path),
      name_(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)),
      memory_(std::make_unique<std::byte[]>(static_cast<std::size_t>(vfs->szOsFile))),
      file_(reinterpret_cast<sqlite3_file*>(memory_.get())) {}

Result<std::unique_ptr<RawFile>> RawFile::open(sqlite3_vfs* vfs, const std::string& path) {
    std::unique_ptr<RawFile> raw(new RawFile(vfs, path));
    if (raw->name_ == nullptr) return error(Code::io, "cannot open {}: out of memory", path);
    // Of all kinds of file the one that no VFS has further thoughts about.
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_CREATE;
    PERDURE_TRY(raw->answer(vfs->xOpen(vfs, raw->name_, raw->file_, flags, nullptr), "open"));
    PERDURE_ASSERT(raw->file_->pMethods != nullptr);
    return raw;
}

RawFile::~RawFile() {
    if (file_->pMethods != nullptr) file_->pMethods->xClose(file_);
    sqlite3_free_filename(name_);
}

Status RawFile::answer(int code, const char* doing) const { return raw_answer(code, doing, path_); }

Result<std::uint64_t> RawFile::size() {
    sqlite3_int64 bytes = 0;
    PERDURE_TRY(answer(file_->pMethods->xFileSize(file_, &bytes), "ask for the size of"));
    return static_cast<std::uint64_t>(bytes);
}

Status RawFile::resize(std::uint64_t bytes) {
    return answer(file_->pMethods->xTruncate(file_, static_cast<sqlite3_int64>(bytes)), "cut");
}

Status RawFile::read_at(std::uint64_t offset, MutableByteSpan into) {
    PERDURE_ASSERT(into.size() <= raw_bytes_max);
    return answer(file_->pMethods->xRead(file_, into.data(), static_cast<int>(into.size()),
                                         static_cast<sqlite3_int64>(offset)),
                  "read");
}

Result<std::size_t> RawFile::read_some(std::uint64_t offset, MutableByteSpan into) {
    PERDURE_TAKE(const std::uint64_t bytes, size());
    const std::uint64_t left = bytes > offset ? bytes - offset : 0;
    const MutableByteSpan there = into.first(std::min<std::uint64_t>(into.size(), left));
    std::fill(into.begin() + static_cast<std::ptrdiff_t>(there.size()), into.end(), std::byte{});
    if (!there.empty()) PERDURE_TRY(read_at(offset, there));
    return there.size();
}

Status RawFile::write_at(std::uint64_t offset, ByteSpan bytes) {
    PERDURE_ASSERT(bytes.size() <= raw_bytes_max);
    return answer(file_->pMethods->xWrite(file_, bytes.data(), static_cast<int>(bytes.size()),
                                          static_cast<sqlite3_int64>(offset)),
                  "write");
}

Status RawFile::sync() {
    return answer(file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL), "flush");
}

Result<bool> raw_exists(sqlite3_vfs* vfs, const std::string& path) {
    int there = 0;
    PERDURE_TRY(raw_answer(vfs->xAccess(vfs, path.c_str(), SQLITE_ACCESS_EXISTS, &there),
                           "look for", path));
    return there != 0;
}

Status raw_remove(sqlite3_vfs* vfs, const std::string& path) {
    return raw_answer(vfs->xDelete(vfs, path.c_str(), 1), "remove", path);
}

}  // namespace perdure::store::sqlite
