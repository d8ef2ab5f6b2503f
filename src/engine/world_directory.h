// WorldDirectory: a world's place on disk: identity, lock, and where everything lies.
//
//     identity      who the world is: docs/format/identity.md
//     perdure.toml  what a person may set (read by the world layer)
//     lock          held by the owner; says who that is
//     journal/      journal files
//     store.sqlite  the store, unless it is elsewhere
//     store.sqlite.rebuilt  a repair's new store, until the old one has been set aside
//     quarantine/   what was cut or found damaged; never deleted by us
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/clock.h"
#include "io/file_system.h"
#include "perdure/value.h"

namespace perdure::engine {

struct Identity {
    Uuid world;
    std::int64_t created_us = 0;     // wall clock
    std::uint16_t format_major = 1;  // a reader of an older major refuses
    std::uint16_t format_minor = 0;
};

class WorldDirectory {
public:
    WorldDirectory(io::FileSystem& files, std::string path)
        : files_(files), path_(std::move(path)) {}

    // Takes the lock; `locked` says who has it.
    Status lock(const io::Clock& clock);
    // The identity; `not_found` if there is no world here, `corrupt` if it is damaged,
    // `unsupported` if a newer Perdure wrote it.
    Result<Identity> read_identity() const;
    // Makes the directory and its folders, durably; the identity last. Fine over a creation cut
    // short.
    Result<Identity> create(const Uuid& world, const io::Clock& clock);
    // Writes the identity of a world that has lost it: all or nothing.
    Status write_identity(const Identity& identity);
    // `corrupt` if a repair has set the store aside and was cut short: opening would make another.
    [[nodiscard]] Status check_no_repair_waits() const;
    // Who owns the world now, as written in the lock file; nullopt if it is free. Takes nothing.
    [[nodiscard]] std::optional<std::string> owner() const;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string journal() const { return io::join_path(path_, "journal"); }
    [[nodiscard]] std::string quarantine() const { return io::join_path(path_, "quarantine"); }
    [[nodiscard]] std::string store() const { return io::join_path(path_, "store.sqlite"); }
    // A new store that is complete, on its way to be the store.
    [[nodiscard]] std::string rebuilt_store() const { return store() + ".rebuilt"; }
    [[nodiscard]] std::string settings() const { return io::join_path(path_, "perdure.toml"); }

private:
    io::FileSystem& files_;
    std::string path_;
    std::unique_ptr<io::FileLock> lock_;
};

[[nodiscard]] Uuid random_uuid();

}  // namespace perdure::engine
