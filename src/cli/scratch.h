// Scratch: an empty directory of the real disk for copies of a store, outside of every world, gone
// with the object.
//
// Thread rule: one thread.
#pragma once

#include <string>
#include <utility>

#include "perdure/status.h"

namespace perdure::cli {

class Scratch {
public:
    static Result<Scratch> make();
    Scratch(Scratch&& other) noexcept;
    Scratch& operator=(Scratch&&) = delete;
    ~Scratch();

    // Without symbolic links: SQLite names files so.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    explicit Scratch(std::string path) : path_(std::move(path)) {}

    std::string path_;
};

}  // namespace perdure::cli
