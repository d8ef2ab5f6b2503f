#include "cli/scratch.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace perdure::cli {

Result<Scratch> Scratch::make() {
    std::error_code failure;
    auto parent = std::filesystem::temp_directory_path(failure);
    if (!failure) parent = std::filesystem::canonical(parent, failure);
    std::string path = (parent / "perdure-scratch-XXXXXX").string();
    if (failure || mkdtemp(path.data()) == nullptr) {
        return error(Code::io,
                     "{}: cannot be made; point TMPDIR to a directory with room for the store",
                     path);
    }
    return Scratch(std::move(path));
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
    std::error_code ignored;  // what stays of a copy harms nobody
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace perdure::cli
