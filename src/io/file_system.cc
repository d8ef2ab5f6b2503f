#include "io/file_system.h"

#include <algorithm>
#include <span>

#include "base/error.h"

namespace perdure::io {

namespace {

Status write_synced(FileSystem& files, const std::string& path, ByteSpan content) {
    PERDURE_TAKE(const std::unique_ptr<File> file,
                 files.open(path, {.write = true, .create = true}));
    PERDURE_TRY(file->resize(0));  // a crash may have left an earlier attempt here
    PERDURE_TRY(file->write_at(0, content));
    return file->sync();
}

}  // namespace

Result<std::string> read_file(FileSystem& files, const std::string& path, std::uint64_t limit) {
    PERDURE_TAKE(const std::unique_ptr<File> file, files.open(path, {}));
    PERDURE_TAKE(const std::uint64_t bytes, file->size());
    if (bytes > limit) {
        return error(Code::corrupt, "{} has {} bytes, more than the {} it can ever have", path,
                     bytes, limit);
    }
    std::string content(bytes, '\0');
    PERDURE_TAKE(const std::size_t read,
                 file->read_at(0, std::as_writable_bytes(std::span(content))));
    content.resize(read);
    return content;
}

// Before the rename a crash leaves the old file, and perhaps a path.new that nobody reads. The
// content is synced before it gets the name, so that the name never stands for bytes that are not
// there.
Status replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                    ByteSpan content) {
    const std::string path = join_path(directory, name);
    const std::string path_new = path + ".new";
    Status status = write_synced(files, path_new, content);
    if (status.ok()) status = files.rename(path_new, path);
    if (!status.ok()) {
        static_cast<void>(
            files.remove(path_new));  // gives its space back; the failure is told already
        return status.with_context(text::format("replacing {}", path));
    }
    return files.sync_directory(directory);
}

std::string join_path(std::string_view directory, std::string_view name) {
    std::string path(directory);
    if (!path.empty() && path.back() != '/') path += '/';
    path += name;
    return path;
}

std::string parent_path(std::string_view path) {
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string_view::npos) return {};
    return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

Status validate(OpenOptions options, const std::string& path) {
    if (options.create && !options.write) {
        return error(Code::invalid, "cannot open {}: `create` needs `write`", path);
    }
    if (options.exclusive && !options.create) {
        return error(Code::invalid, "cannot open {}: `exclusive` needs `create`", path);
    }
    return {};
}

// The text comes from a file that anyone may have written: one line of it, and only what every
// terminal shows.
Status locked_error(const std::string& path, std::string_view owner) {
    owner = owner.substr(0, lock_owner_bytes_max);
    const auto end = std::find_if(owner.begin(), owner.end(), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return byte < 0x20 || byte >= 0x7f;
    });
    owner = owner.substr(0, static_cast<std::size_t>(end - owner.begin()));
    return error(Code::locked, "{} is held by {}; stop that program first", path,
                 owner.empty() ? "another program" : owner);
}

}  // namespace perdure::io
