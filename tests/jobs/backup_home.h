// A home with backups beside it: taken, restored, compared and opened again.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "jobs/backup.h"
#include "jobs/restore.h"
#include "world/home.h"

namespace perdure::jobs {

class BackupHome : public OnDisk {
protected:
    [[nodiscard]] std::string beside(const std::string& name) const {
        return io::join_path(io::parent_path(home_.directory()), name);
    }
    Result<BackupTaken> try_back_up(const std::string& name = "backup",
                                    const BackupOptions& options = {}) {
        return backup(home_.files, clock_, home_.directory(), beside(name), options);
    }
    BackupTaken back_up(const std::string& name = "backup") {
        auto taken = try_back_up(name);
        EXPECT_TRUE(taken.ok()) << taken.status().text();
        return taken.ok() ? *std::move(taken) : BackupTaken();
    }
    Result<Restored> try_restore(const std::string& name = "backup",
                                 const std::string& to = "restored",
                                 const RestoreOptions& options = {}) {
        return restore(home_.disk, clock_, beside(name), beside(to), options);
    }
    std::unique_ptr<World> open_restored(const std::string& name = "restored") {
        WorldOptions options = home_.options;
        options.files = nullptr;
        options.threads = false;
        auto opened = World::open(beside(name), home_.schema, options);
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return opened.ok() ? *std::move(opened) : nullptr;
    }
    // Of a restored world, opened as any world is.
    std::string digest_of(const std::string& name = "restored") {
        const auto world = open_restored(name);
        if (!world) return "none";
        auto digest = world->digest();
        return digest.ok() ? *digest : digest.status().text();
    }
    // How every test ends: restored, opened, and what it was.
    void expect_restores_to(const std::string& digest, const std::string& name = "backup") {
        const auto restored = try_restore(name, name + " restored");
        ASSERT_TRUE(restored.ok()) << restored.status().text();
        EXPECT_EQ(restored->manifest.contents.digest.hex(), digest);
        EXPECT_EQ(digest_of(name + " restored"), digest);
    }
    void expect_nothing_at(const std::string& name) {
        EXPECT_FALSE(std::filesystem::exists(beside(name))) << beside(name);
    }
    // A bit of everything that this world knows.
    void live(int from, int to) {
        for (int i = from; i < to; ++i) {
            const Entity entity = home_.entities().create();
            home_.entities().set(entity, Position{1.5F * static_cast<float>(i), -0.0F, 3});
            home_.entities().set(entity, Title{"title " + std::to_string(i), {}});
            home_.entities().set(entity, Frozen{});
            home_.entities().set(entity, Mood{i});
            home_.entities().set(entity, Glow{7});
            if (i % 3 == 1) home_.entities().destroy(entity);
            const auto number = static_cast<std::uint64_t>(i + 1);
            ASSERT_TRUE(
                home_.tick().append("events", {{"at", number}, {"seq", 1U}, {"what", "x"}}).ok());
            ASSERT_TRUE(home_.tick().put("flashes", {{"id", number}, {"value", i}}).ok());
            ASSERT_TRUE(home_.tick().put("counters", {{"id", number % 4}, {"value", i}}).ok());
            home_.commit({.level = Level::journal});
        }
    }
    static void flip(const std::string& path, std::uint64_t offset) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(offset));
        const int byte = file.get();
        ASSERT_NE(byte, EOF) << path;
        file.seekp(static_cast<std::streamoff>(offset));
        file.put(static_cast<char>(byte ^ 0x10));
    }

    io::SystemClock clock_;
};

}  // namespace perdure::jobs
