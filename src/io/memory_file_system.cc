#include "io/memory_file_system.h"

#include "base/assert.h"
#include "base/error.h"
#include "io/memory_disk.h"

namespace perdure::io {

namespace {

using Guard = std::lock_guard<std::mutex>;

class MemoryFile final : public File {
public:
    MemoryFile(std::shared_ptr<MemoryDisk> disk, NodeId node, std::string path, OpenOptions options)
        : disk_(std::move(disk)),
          node_(node),
          path_(std::move(path)),
          options_(options),
          crashes_(disk_->crashes) {
        ++disk_->open_files[node_];
    }

    ~MemoryFile() override {
        const Guard guard(disk_->mutex);
        if (disk_->crashes != crashes_) return;
        disk_->close(node_);
    }

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteSpan into) override {
        const Guard guard(disk_->mutex);
        PERDURE_TRY(check("read"));
        const MemoryContent& content = disk_->content(node_);
        return options_.direct ? content.read_direct(offset, into)
                               : content.visible().read(offset, into);
    }

    Status write_at(std::uint64_t offset, ByteSpan bytes) override {
        const Guard guard(disk_->mutex);
        PERDURE_TRY(check_writable("write"));
        return disk_->write(node_, path_, offset, bytes);
    }

    Status sync() override {
        const Guard guard(disk_->mutex);
        PERDURE_TRY(check("flush"));
        disk_->writable_content(node_).sync();
        return {};
    }

    Result<std::uint64_t> size() override {
        const Guard guard(disk_->mutex);
        PERDURE_TRY(check("ask for the size of"));
        return disk_->content(node_).visible().size();
    }

    Status resize(std::uint64_t bytes) override {
        const Guard guard(disk_->mutex);
        PERDURE_TRY(check_writable("resize"));
        return disk_->resize(node_, path_, bytes);
    }

private:
    Status check(std::string_view verb) const {
        if (disk_->crashes == crashes_) return {};
        return error(Code::io, "cannot {} {}: the power failed since it was opened", verb, path_);
    }

    Status check_writable(std::string_view verb) const {
        PERDURE_TRY(check(verb));
        if (options_.write) return {};
        return error(Code::io, "cannot {} {}: it was opened for reading", verb, path_);
    }

    const std::shared_ptr<MemoryDisk> disk_;
    const NodeId node_;
    const std::string path_;
    const OpenOptions options_;
    const std::uint64_t crashes_;
};

class MemoryLock final : public FileLock {
public:
    MemoryLock(std::shared_ptr<MemoryDisk> disk, NodeId node, const std::string& path)
        : disk_(std::move(disk)), node_(node), crashes_(disk_->crashes), path_(path) {
        ++disk_->open_files[node_];
    }

    ~MemoryLock() override {
        const Guard guard(disk_->mutex);
        if (disk_->crashes != crashes_) return;
        static_cast<void>(disk_->resize(node_, path_, 0));  // as PosixFileSystem: no owner, no text
        disk_->locks.erase(node_);
        disk_->close(node_);
    }

private:
    const std::shared_ptr<MemoryDisk> disk_;
    const NodeId node_;
    const std::uint64_t crashes_;
    const std::string path_;
};

}  // namespace

MemoryFileSystem::MemoryFileSystem() : MemoryFileSystem(std::make_shared<MemoryDisk>()) {}

MemoryFileSystem::MemoryFileSystem(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenOptions options) {
    const Guard guard(disk_->mutex);
    PERDURE_TAKE(const NodeId node, disk_->open(path, options));
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(disk_, node, path, options));
}

Result<bool> MemoryFileSystem::exists(const std::string& path) {
    const Guard guard(disk_->mutex);
    const Result<NodeId> found = disk_->names.find(path);
    if (!found.ok() && found.status().code() == Code::invalid) return found.status();
    return found.ok();
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
    const Guard guard(disk_->mutex);
    return disk_->names.list(directory);
}

Status MemoryFileSystem::create_directory(const std::string& path) {
    const Guard guard(disk_->mutex);
    return disk_->names.create_directory(path);
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
    const Guard guard(disk_->mutex);
    return disk_->names.rename(from, to);
}

Status MemoryFileSystem::remove(const std::string& path) {
    const Guard guard(disk_->mutex);
    return disk_->names.remove(path);
}

Status MemoryFileSystem::remove_directory(const std::string& path) {
    const Guard guard(disk_->mutex);
    return disk_->names.remove_directory(path);
}

Status MemoryFileSystem::sync_directory(const std::string& path) {
    const Guard guard(disk_->mutex);
    PERDURE_TRY(disk_->names.sync_directory(path));
    disk_->forget_nameless();
    return {};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path,
                                                         std::string_view owner) {
    const Guard guard(disk_->mutex);
    PERDURE_TAKE(const NodeId node, disk_->open(path, {.write = true, .create = true}));
    const auto [entry, taken] = disk_->locks.try_emplace(node, owner);
    if (!taken) return locked_error(path, entry->second);
    PERDURE_TRY(disk_->resize(node, path, 0));
    static_cast<void>(disk_->write(node, path, 0, as_bytes(owner)));  // only for people
    return std::unique_ptr<FileLock>(std::make_unique<MemoryLock>(disk_, node, path));
}

Status MemoryFileSystem::probe_lock(const std::string& path) {
    const Guard guard(disk_->mutex);
    const auto node = disk_->open(path, {});
    if (!node) return node.status().code() == Code::not_found ? Status() : node.status();
    const auto held = disk_->locks.find(*node);
    return held == disk_->locks.end() ? Status() : locked_error(path, held->second);
}

Result<std::uint64_t> MemoryFileSystem::free_bytes(const std::string& directory) {
    const Guard guard(disk_->mutex);
    PERDURE_TRY(disk_->names.find(directory).status());
    return disk_->free_bytes();
}

void MemoryFileSystem::set_capacity_bytes(std::uint64_t bytes) {
    const Guard guard(disk_->mutex);
    disk_->capacity_bytes = bytes;
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::clone() const {
    auto copy = std::make_shared<MemoryDisk>();
    const Guard guard(disk_->mutex);
    copy->names = disk_->names;
    copy->contents = disk_->contents;
    copy->capacity_bytes = disk_->capacity_bytes;
    return std::unique_ptr<MemoryFileSystem>(new MemoryFileSystem(std::move(copy)));
}

void MemoryFileSystem::crash(Random& random) { crash(random, CrashPlan::draw(random)); }

void MemoryFileSystem::crash(Random& random, const CrashPlan& plan) {
    const Guard guard(disk_->mutex);
    disk_->crash(random, plan);
}

void MemoryFileSystem::crash_losing_everything() {
    Random unused(0);
    crash(unused, CrashPlan::losing_everything());
}

void MemoryFileSystem::crash_keeping_everything() {
    Random unused(0);
    crash(unused, CrashPlan::keeping_everything());
}

std::vector<UnsyncedPart> MemoryFileSystem::unsynced_parts() const {
    const Guard guard(disk_->mutex);
    return disk_->unsynced_parts();
}

void MemoryFileSystem::crash_keeping(const std::vector<bool>& chosen) {
    const Guard guard(disk_->mutex);
    disk_->crash_keeping(chosen);
}

void MemoryFileSystem::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
    PERDURE_ASSERT(bit < 8);
    const Guard guard(disk_->mutex);
    MemoryContent& content = disk_->writable_content(path);
    std::byte value{};
    PERDURE_ASSERT(content.synced().read(offset, {&value, 1}) == 1);
    value ^= std::byte{1} << bit;
    content.damage(offset, {&value, 1});
}

void MemoryFileSystem::write_at_rest(const std::string& path, std::uint64_t offset,
                                     ByteSpan bytes) {
    const Guard guard(disk_->mutex);
    disk_->writable_content(path).damage(offset, bytes);
}

void MemoryFileSystem::truncate_at_rest(const std::string& path, std::uint64_t bytes) {
    const Guard guard(disk_->mutex);
    disk_->writable_content(path).truncate_at_rest(bytes);
}

void MemoryFileSystem::lose_unsynced(const std::string& path) {
    const Guard guard(disk_->mutex);
    disk_->writable_content(path).lose_unsynced();
}

std::vector<std::byte> MemoryFileSystem::read_at_rest(const std::string& path) const {
    const Guard guard(disk_->mutex);
    const PagedBytes& synced = disk_->writable_content(path).synced();
    std::vector<std::byte> bytes(synced.size());
    PERDURE_ASSERT(synced.read(0, bytes) == bytes.size());
    return bytes;
}

}  // namespace perdure::io
