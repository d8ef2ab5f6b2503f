// A directory of the real disk that goes away with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace perdure::io {

class TemporaryDirectory {
public:
    explicit TemporaryDirectory(const std::string& parent = testing::TempDir())
        : path_(parent + "/perdure_io_XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace perdure::io
