// Status and Result: how Perdure says that something did not work.
//
// The library throws nothing. A function that can fail returns a Status, or a Result<T> when it
// also has something to give. Both are [[nodiscard]]. The message says what is wrong, where (path,
// offset, table, key) and what to do; the code says what kind of trouble it is, so that a program
// can decide.
//
//     auto opened = perdure::World::open("shard7", schema);
//     if (!opened) return report(opened.status());
//     perdure::World& world = **opened;
//
// Thread rule: values; copy them freely. A Status is one pointer wide, and null means OK.
#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace perdure {

// The closed list of what can go wrong. Values are stable: they cross the C interface later.
enum class Code : unsigned char {
    ok = 0,
    invalid = 1,        // the caller asked for something that can never be right
    not_found = 2,      // a get_… for something that is not there; a directory without a world
    conflict = 3,       // a condition did not hold, or a key is reserved by an open tick
    busy = 4,           // a limit is reached for now; nothing changed; try again after a while
    not_loaded = 5,     // a tick asked about a key that is neither in memory nor prefetched
    read_only = 6,      // the world no longer accepts commits; health() says why
    unknown = 7,        // accepted, but whether it is durable will only be known after reopening
    locked = 8,         // another process owns the world
    unsupported = 9,    // a newer format, or a capability that this store does not have
    incompatible = 10,  // the program's schema and the world's differ in a way that is refused
    corrupt = 11,       // bytes at rest are not what was written
    no_space = 12,      // the disk, or the budget for it, is full
    io = 13,            // a system call failed
    expired = 14,       // a snapshot was held for too long
    refused = 15,       // the program's own rule, a validator or an invariant, said no
};

// "not_found", "busy", …
[[nodiscard]] std::string_view code_name(Code code) noexcept;

class [[nodiscard]] Status {
public:
    Status() noexcept = default;
    Status(Code code, std::string message);

    Status(const Status& other);
    Status& operator=(const Status& other);
    Status(Status&&) noexcept = default;
    Status& operator=(Status&&) noexcept = default;
    ~Status() = default;

    [[nodiscard]] bool ok() const noexcept { return error_ == nullptr; }
    explicit operator bool() const noexcept { return ok(); }

    [[nodiscard]] Code code() const noexcept { return error_ ? error_->code : Code::ok; }
    [[nodiscard]] std::string_view message() const noexcept;

    // "corrupt: journal/0000000000000007.pdj at offset 8192: …"
    [[nodiscard]] std::string text() const;

    // The same trouble, seen from one level up: "opening world shard7: …".
    [[nodiscard]] Status with_context(std::string_view context) const;

private:
    struct Error {
        Code code;
        std::string message;
    };
    std::unique_ptr<Error> error_;
};

// The same as status.text(): to_text() is there for every value that a log may want; see value.h.
[[nodiscard]] inline std::string to_text(const Status& status) { return status.text(); }

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)) {}
    Result(Status status) : status_(std::move(status)) {
        if (status_.ok()) std::abort();  // a Result without a value must say why
    }

    [[nodiscard]] bool ok() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] const Status& status() const noexcept { return status_; }

    T& operator*() & { return get(); }
    const T& operator*() const& { return const_cast<Result*>(this)->get(); }
    T operator*() && { return std::move(get()); }  // by value: nothing dangles in a range-for
    T* operator->() { return &get(); }
    const T* operator->() const { return &const_cast<Result*>(this)->get(); }

private:
    T& get() {
        if (!value_) std::abort();  // a bug in the caller: it did not look at ok()
        return *value_;
    }

    std::optional<T> value_;
    Status status_;
};

}  // namespace perdure
