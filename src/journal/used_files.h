// UsedFiles: which journal files hold which LSNs.
//
// Thread rule: any thread; one mutex, never held over I/O.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "model/change_set.h"

namespace perdure::journal {

// Whoever holds one of these keeps the file from being recycled under a read.
struct UsedFile {
    std::uint64_t sequence = 0;
    std::string path;
    std::uint64_t bytes = 0;
    // Of the first frame in it. A file that never came to be (its header is torn) has that of its
    // successor.
    Lsn first_lsn = 0;
};

class UsedFiles {
public:
    // Files come in rising order, each when its header is durable.
    void add(UsedFile file);
    [[nodiscard]] std::shared_ptr<const UsedFile> find(std::uint64_t sequence) const;
    // The oldest file, if no LSN above `safe` is in it and it is not the newest.
    [[nodiscard]] std::shared_ptr<const UsedFile> trimmable(Lsn safe) const;
    void erase(std::uint64_t sequence);
    [[nodiscard]] std::size_t count() const;

private:
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::shared_ptr<const UsedFile>>
        files_;  // by sequence; guarded by mutex_
};

}  // namespace perdure::journal
