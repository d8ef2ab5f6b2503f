// Workplace: where a job builds a directory that nobody sees before it is whole.
//
// It works in `<target>.unfinished`, beside the target, under a lock, and gives what it has built
// its name at the very end. A job that fails removes all of it; what a killed one leaves is found
// by the next one for the same target, which clears it away and begins again.
//
// Thread rule: one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/clock.h"
#include "io/file_system.h"
#include "perdure/status.h"

namespace perdure::jobs {

class Workplace {
public:
    // `invalid` if the target exists, or if something that is not ours lies in the workplace;
    // `locked` if another job works there; `not_found` if the target's parent is missing.
    static Result<std::unique_ptr<Workplace>> open(io::FileSystem& files, const io::Clock& clock,
                                                   const std::string& target);

    // Removes whatever did not get its name. What lies in it must be closed by then.
    ~Workplace();
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;

    // Absolute and without symbolic links: SQLite names files so.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    // What will be the target, and two places for copies, all empty at first.
    [[nodiscard]] std::string built() const { return io::join_path(path_, "built"); }
    [[nodiscard]] std::string store_copy() const { return io::join_path(path_, "store"); }
    [[nodiscard]] std::string journal_copy() const { return io::join_path(path_, "journal"); }

    // Removes everything from one of these places.
    Status empty(const std::string& place) const { return clear(place); }

    // Makes what is in built() durable and gives it the target's name.
    Status finish();

private:
    Workplace(io::FileSystem& files, std::string target);
    Status refuse_existing() const;
    Status refuse_strangers() const;
    // Empties a directory of ours, and the directories of ours in it.
    Status clear(const std::string& directory) const;
    // The directories in which a job keeps anything.
    [[nodiscard]] std::vector<std::string> places() const;

    io::FileSystem& files_;
    const std::string target_;
    const std::string path_;
    std::unique_ptr<io::FileLock> lock_;
};

}  // namespace perdure::jobs
