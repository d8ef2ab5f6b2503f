#include "io/faulty_file_system.h"

#include <chrono>
#include <thread>

#include "base/error.h"

namespace perdure::io {

namespace {

using Guard = std::lock_guard<std::mutex>;

constexpr std::array<std::string_view, operation_kind_count> operation_names = {
    "open",   "exists",         "list", "create directory", "rename",
    "remove", "sync directory", "lock", "free bytes",       "read",
    "write",  "sync",           "size", "resize",
};

constexpr std::size_t index_of(OperationKind kind) noexcept {
    return static_cast<std::size_t>(kind);
}

static_assert(index_of(OperationKind::resize) + 1 == operation_kind_count);

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

Status failure(Code code, const Operation& operation, std::string_view reason) {
    return error(code, "cannot {} {} (operation {}): {}", operation_name(operation.kind),
                 operation.path, operation.index, reason);
}

}  // namespace

std::string_view operation_name(OperationKind kind) noexcept {
    return operation_names[index_of(kind)];
}

class FaultyFileSystem::FaultyFile final : public File {
public:
    FaultyFile(FaultyFileSystem& files, std::string path, std::unique_ptr<File> inner)
        : files_(files), path_(std::move(path)), inner_(std::move(inner)) {}

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteSpan into) override {
        PERDURE_TAKE(const Way way, pass(OperationKind::read, offset, into.size()));
        if (way != Way::in_two || into.size() < 2) return inner_->read_at(offset, into);
        const std::size_t half = into.size() / 2;
        PERDURE_TAKE(const std::size_t read, inner_->read_at(offset, into.first(half)));
        if (read < half) return read;  // the file's end
        PERDURE_TAKE(const std::size_t rest, read_at(offset + half, into.subspan(half)));
        return half + rest;
    }

    Status write_at(std::uint64_t offset, ByteSpan bytes) override {
        PERDURE_TAKE(const Way way, pass(OperationKind::write, offset, bytes.size()));
        const ByteSpan half = bytes.first(bytes.size() / 2);
        switch (way) {
            case Way::straight: break;
            case Way::nowhere: return {};
            case Way::misplaced: return inner_->write_at(offset + block_bytes, bytes);
            case Way::in_two:
                if (half.empty()) break;
                PERDURE_TRY(inner_->write_at(offset, half));
                return write_at(offset + half.size(), bytes.subspan(half.size()));
            case Way::half:
                PERDURE_TRY(inner_->write_at(offset, half));
                return error(Code::io,
                             "wrote only {} of {} bytes at offset {} of {}: injected fault",
                             half.size(), bytes.size(), offset, path_);
        }
        return inner_->write_at(offset, bytes);
    }

    Status sync() override {
        PERDURE_TRY(pass(OperationKind::sync).status());
        files_.sleep_as_a_flush();
        return inner_->sync();
    }

    Result<std::uint64_t> size() override {
        PERDURE_TRY(pass(OperationKind::size).status());
        return inner_->size();
    }

    Status resize(std::uint64_t bytes) override {
        PERDURE_TRY(pass(OperationKind::resize, 0, bytes).status());
        return inner_->resize(bytes);
    }

private:
    Result<Way> pass(OperationKind kind, std::uint64_t offset = 0, std::uint64_t bytes = 0) {
        return files_.pass({.kind = kind, .path = path_, .offset = offset, .bytes = bytes});
    }

    FaultyFileSystem& files_;
    const std::string path_;
    const std::unique_ptr<File> inner_;
};

Result<FaultyFileSystem::Way> FaultyFileSystem::pass(Operation operation) {
    {
        const Guard guard(mutex_);
        ++counts_[index_of(operation.kind)];
        operation.index = ++count_;
    }
    if (on_operation) on_operation(operation);

    const Guard guard(mutex_);
    const std::optional<FaultType> fault = find_fault(operation);
    if (fault == FaultType::crash_point) stopped_ = true;
    if (stopped_) return failure(Code::io, operation, "the power is gone");
    if (!fault) return Way::straight;

    const bool is_write = operation.kind == OperationKind::write;
    const bool is_transfer = is_write || operation.kind == OperationKind::read;
    switch (*fault) {
        case FaultType::fail_no_space: return failure(Code::no_space, operation, "injected fault");
        case FaultType::lost_write: return is_write ? Way::nowhere : Way::straight;
        case FaultType::misplaced_write: return is_write ? Way::misplaced : Way::straight;
        case FaultType::cut_transfer: return is_transfer ? Way::in_two : Way::straight;
        case FaultType::short_write:
            if (is_write) return Way::half;
            break;
        case FaultType::fail_io:
        case FaultType::crash_point: break;
    }
    return failure(Code::io, operation, "injected fault");
}

// All faults count the operation, even when an earlier one has hit.
std::optional<FaultType> FaultyFileSystem::find_fault(const Operation& operation) {
    std::optional<FaultType> hit;
    for (auto& [fault, seen] : faults_) {
        if (fault.kind && *fault.kind != operation.kind) continue;
        if (!contains(operation.path, fault.path_part) &&
            !contains(operation.path_to, fault.path_part)) {
            continue;
        }
        ++seen;
        const bool due = fault.from_then_on ? seen >= fault.at : seen == fault.at;
        if (due && !hit) hit = fault.type;
    }
    return hit;
}

Status FaultyFileSystem::pass_name(OperationKind kind, std::string_view path,
                                   std::string_view path_to) {
    return pass({.kind = kind, .path = path, .path_to = path_to}).status();
}

void FaultyFileSystem::sleep_as_a_flush() const {
    const std::uint64_t delay_ns = sync_delay_ns_.load();
    if (delay_ns > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(delay_ns));
}

Result<std::unique_ptr<File>> FaultyFileSystem::open(const std::string& path, OpenOptions options) {
    PERDURE_TRY(pass_name(OperationKind::open, path));
    PERDURE_TAKE(std::unique_ptr<File> opened, inner_.open(path, options));
    return std::unique_ptr<File>(std::make_unique<FaultyFile>(*this, path, std::move(opened)));
}

Result<bool> FaultyFileSystem::exists(const std::string& path) {
    PERDURE_TRY(pass_name(OperationKind::exists, path));
    return inner_.exists(path);
}

Result<std::vector<std::string>> FaultyFileSystem::list(const std::string& directory) {
    PERDURE_TRY(pass_name(OperationKind::list, directory));
    return inner_.list(directory);
}

Status FaultyFileSystem::create_directory(const std::string& path) {
    PERDURE_TRY(pass_name(OperationKind::create_directory, path));
    return inner_.create_directory(path);
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
    PERDURE_TRY(pass_name(OperationKind::rename, from, to));
    return inner_.rename(from, to);
}

Status FaultyFileSystem::remove(const std::string& path) {
    PERDURE_TRY(pass_name(OperationKind::remove, path));
    return inner_.remove(path);
}

Status FaultyFileSystem::remove_directory(const std::string& path) {
    PERDURE_TRY(pass_name(OperationKind::remove, path));
    return inner_.remove_directory(path);
}

Status FaultyFileSystem::sync_directory(const std::string& path) {
    PERDURE_TRY(pass_name(OperationKind::sync_directory, path));
    sleep_as_a_flush();
    return inner_.sync_directory(path);
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const std::string& path,
                                                         std::string_view owner) {
    PERDURE_TRY(pass_name(OperationKind::lock, path));
    return inner_.lock(path, owner);
}

Status FaultyFileSystem::probe_lock(const std::string& path) {
    PERDURE_TRY(pass_name(OperationKind::lock, path));
    return inner_.probe_lock(path);
}

Result<std::uint64_t> FaultyFileSystem::free_bytes(const std::string& directory) {
    PERDURE_TRY(pass_name(OperationKind::free_bytes, directory));
    return inner_.free_bytes(directory);
}

void FaultyFileSystem::inject(Fault fault) {
    const Guard guard(mutex_);
    faults_.push_back({.fault = std::move(fault), .seen = 0});
}

void FaultyFileSystem::clear_faults() {
    const Guard guard(mutex_);
    faults_.clear();
}

void FaultyFileSystem::stop() {
    const Guard guard(mutex_);
    stopped_ = true;
}

bool FaultyFileSystem::stopped() const {
    const Guard guard(mutex_);
    return stopped_;
}

std::uint64_t FaultyFileSystem::operation_count() const {
    const Guard guard(mutex_);
    return count_;
}

std::uint64_t FaultyFileSystem::operation_count(OperationKind kind) const {
    const Guard guard(mutex_);
    return counts_[index_of(kind)];
}

void FaultyFileSystem::set_sync_delay_ns(std::uint64_t nanoseconds) {
    sync_delay_ns_.store(nanoseconds);
}

}  // namespace perdure::io
