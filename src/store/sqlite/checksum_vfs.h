// ChecksumVfs: a thin layer between SQLite and the disk that keeps a checksum in every page.
//
// Pages of the database file get their checksum when they are written and are judged when they are
// read. Pages in the write-ahead log are judged by SQLite's own frame checksums, which SQLite looks
// at only when it recovers, and so would copy a page that went bad in the log into the file. Bad
// pages are errors (SQLITE_IOERR_DATA). docs/decisions/0003-sqlite-checksum-vfs.md.
//
// Thread rule: any thread. Lifetime: longer than every connection opened through it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "perdure/status.h"

namespace perdure::store::sqlite {

class ChecksumVfs {
public:
    // On top of the VFS registered as `base`: "unix", or a simulated disk. `invalid` if there is
    // none.
    static Result<std::unique_ptr<ChecksumVfs>> make(const std::string& base);
    ~ChecksumVfs();

    // What to open connections with. Each object has its own.
    [[nodiscard]] const char* name() const noexcept;

private:
    struct Registration;
    explicit ChecksumVfs(std::unique_ptr<Registration> registration);

    std::unique_ptr<Registration> registration_;
};

struct BadPage {
    std::string path;
    std::uint64_t page = 0;  // of the database file; in the log, the number of the frame
    std::uint64_t offset = 0;
    bool in_log = false;
};
// The bad page that the last failing call on this thread met, once: reading forgets it.
[[nodiscard]] std::optional<BadPage> take_bad_page();

}  // namespace perdure::store::sqlite
