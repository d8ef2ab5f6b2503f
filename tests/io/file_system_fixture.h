// The suite that every FileSystem passes, and the implementations that it runs on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "io/posix_file_system.h"
#include "io/temporary_directory.h"

namespace perdure::io {

using Names = std::vector<std::string>;

// A FileSystem with a directory in it that is empty.
struct Subject {
    virtual ~Subject() = default;
    virtual FileSystem& files() = 0;
    virtual std::string root() = 0;
};

struct PosixSubject final : Subject {
    FileSystem& files() override { return files_; }
    std::string root() override { return directory_.path(); }
    TemporaryDirectory directory_;
    PosixFileSystem files_;
};

struct MemorySubject final : Subject {
    MemorySubject() { EXPECT_TRUE(files_.create_directory("memory:").ok()); }
    FileSystem& files() override { return files_; }
    std::string root() override { return "memory:"; }
    MemoryFileSystem files_;
};

struct FaultySubject final : Subject {
    FileSystem& files() override { return files_; }
    std::string root() override { return "memory:"; }
    MemorySubject inner_;
    FaultyFileSystem files_{inner_.files_};
};

struct Implementation {
    std::string name;
    std::function<std::unique_ptr<Subject>()> make;
};

class FileSystemTest : public testing::TestWithParam<Implementation> {
protected:
    FileSystem& files() { return subject_->files(); }
    std::string path(const std::string& name) { return join_path(subject_->root(), name); }

    std::unique_ptr<File> open(const std::string& name, OpenOptions options) {
        auto opened = files().open(path(name), options);
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return opened.ok() ? *std::move(opened) : nullptr;
    }
    std::unique_ptr<File> create(const std::string& name) {
        return open(name, {.write = true, .create = true});
    }
    Code open_code(const std::string& name, OpenOptions options) {
        return files().open(path(name), options).status().code();
    }
    void write(const std::string& name, std::string_view content) {
        auto file = create(name);
        ASSERT_TRUE(file->resize(0).ok());
        ASSERT_TRUE(file->write_at(0, as_bytes(content)).ok());
    }
    std::string read(const std::string& name) {
        auto content = read_file(files(), path(name), 1 << 20);
        return content.ok() ? *content : content.status().text();
    }
    static std::string read(File& file, std::uint64_t offset, std::size_t bytes) {
        std::string into(bytes, '?');
        auto got = file.read_at(offset, std::as_writable_bytes(std::span(into)));
        EXPECT_TRUE(got.ok()) << got.status().text();
        return into.substr(0, got.ok() ? *got : 0);
    }
    Names list(const std::string& name = "") {
        auto names = files().list(path(name));
        EXPECT_TRUE(names.ok()) << names.status().text();
        return names.ok() ? *names : Names{};
    }
    bool exists(const std::string& name) {
        auto there = files().exists(path(name));
        EXPECT_TRUE(there.ok()) << there.status().text();
        return there.ok() && *there;
    }

private:
    std::unique_ptr<Subject> subject_ = GetParam().make();
};

inline auto every_implementation() {
    return testing::Values(
        Implementation{"Posix", [] { return std::make_unique<PosixSubject>(); }},
        Implementation{"Memory", [] { return std::make_unique<MemorySubject>(); }},
        Implementation{"Faulty", [] { return std::make_unique<FaultySubject>(); }});
}

inline std::string implementation_name(const testing::TestParamInfo<Implementation>& each) {
    return each.param.name;
}

}  // namespace perdure::io
