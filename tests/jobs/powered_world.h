// A sick world on a simulated disk, SQLite's files too, whose power fails while jobs run on it.
//
//     fall_ill(Life::half);
//     flip(…);
//     start([&](Machine& machine) { … }, 20);   // crashes before one in 20 operations
//     for (Left& left : lefts()) …
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/test_run.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "jobs/sick_world.h"
#include "simulation/shared_disk.h"

namespace perdure::jobs {

// A process on a disk.
class Machine {
public:
    Machine(io::MemoryFileSystem& disk, std::uint64_t seed)
        : faulty_(disk), shared_(faulty_, clock_, seed) {}

    [[nodiscard]] io::FileSystem& files() noexcept { return shared_; }
    [[nodiscard]] const io::Clock& clock() const noexcept { return clock_; }
    void on_operation(std::function<void(const io::Operation&)> call) {
        faulty_.on_operation = std::move(call);
    }
    [[nodiscard]] WorldOptions options() {
        WorldOptions options = sick_options(clock_);
        options.files = &shared_;
        return options;
    }

private:
    io::ManualClock clock_;
    io::FaultyFileSystem faulty_;
    simulation::SharedDisk shared_;
};

class PoweredWorld : public SickWorld {
protected:
    static constexpr const char* place = "/disk/world";

    // What a power failure left, and how to have it again.
    struct Left {
        std::unique_ptr<io::MemoryFileSystem> disk;
        std::string story;
    };

    // The world as it lies in path(), on a disk of its own.
    [[nodiscard]] std::unique_ptr<io::MemoryFileSystem> load() {
        auto disk = std::make_unique<io::MemoryFileSystem>();
        EXPECT_TRUE(disk->create_directory("/disk").ok());
        EXPECT_TRUE(disk->create_directory(place).ok());
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
            const std::string name = std::filesystem::relative(entry.path(), path()).string();
            if (name == "lock" || name.ends_with("-shm")) continue;
            const std::string to = io::join_path(place, name);
            if (entry.is_directory()) {
                EXPECT_TRUE(disk->create_directory(to).ok());
                continue;
            }
            const auto file = disk->open(to, {.write = true, .create = true});
            EXPECT_TRUE(file.ok() && (*file)->write_at(0, as_bytes(bytes_of(entry.path()))).ok());
        }
        disk->crash_keeping_everything();
        return disk;
    }

    // Runs `job` to its end; before one in `every` of the operations that may matter the power
    // fails.
    std::vector<Left> crash_in(const io::MemoryFileSystem& before, std::uint64_t every,
                               const std::function<void(Machine&)>& job) {
        std::vector<Left> lefts;
        const auto disk = before.clone();
        Machine machine(*disk, seed_);
        bool changed = false;
        const auto leave = [&](const char* kept, const io::CrashPlan& plan,
                               const io::Operation& at) {
            Left left{disk->clone(),
                      text::format("keeping {}, before operation {} ({} of {})", kept, at.index,
                                   io::operation_name(at.kind), at.path)};
            left.disk->crash(random_, plan);
            lefts.push_back(std::move(left));
        };
        machine.on_operation([&](const io::Operation& operation) {
            if (changed && random_.below(every * test_stride()) == 0) {
                leave("nothing", io::CrashPlan::losing_everything(), operation);
                leave("everything", io::CrashPlan::keeping_everything(), operation);
                io::CrashPlan some = io::CrashPlan::draw(random_);
                some.powersafe_overwrite = true;  // SQLite counts on it
                leave("some", some, operation);
            }
            changed = is_change(operation);
        });
        job(machine);
        machine.on_operation({});
        crashes_ += lefts.size();
        // What it has done is on the disk now.
        lefts.push_back({disk->clone(), "keeping nothing, after the end"});
        lefts.back().disk->crash_losing_everything();
        return lefts;
    }
    // To the disk beyond private copies.
    static bool is_change(const io::Operation& operation) {
        using Kind = io::OperationKind;
        if (operation.path.find("scratch") != std::string_view::npos) return false;
        switch (operation.kind) {
            case Kind::write:
            case Kind::resize:
            case Kind::sync:
            case Kind::sync_directory:
            case Kind::create_directory:
            case Kind::rename:
            case Kind::remove: return true;
            default: return false;
        }
    }

    Result<Verdict> judge_on(Machine& machine, const std::string& where = place) {
        return verify(machine.files(), machine.clock(), where, scratch_on(machine));
    }
    Result<RepairReport> mend_on(Machine& machine, const std::string& remedy) {
        return repair(machine.files(), machine.clock(), place, scratch_on(machine),
                      {.remedy = remedy, .yes = true});
    }
    // A new one each time.
    std::string scratch_on(Machine& machine) {
        std::string made;
        do {
            made = text::format("/disk/scratch-{}", scratches_++);
        } while (*machine.files().exists(made));
        EXPECT_TRUE(machine.files().create_directory(made).ok());
        return made;
    }
    // As heal(), on that machine.
    void heal_on(Machine& machine) {
        for (int step = 0; step < 8; ++step) {
            const auto verdict = judge_on(machine);
            ASSERT_TRUE(verdict.ok()) << verdict.status().text();
            if (verdict->whole()) return;
            ASSERT_FALSE(verdict->remedies.empty()) << verdict->damage.front().what;
            const auto report = mend_on(machine, verdict->remedies.front().name);
            ASSERT_TRUE(report.ok()) << report.status().text();
        }
        FAIL() << "eight remedies and still ill";
    }

    [[nodiscard]] std::optional<State> rows_on(io::MemoryFileSystem& disk,
                                               const std::string& where = place) {
        Machine machine(disk, seed_);
        return open_and_read(where, machine.options());
    }
    // As contents().
    [[nodiscard]] static Contents contents_on(io::FileSystem& files,
                                              const std::string& directory = place,
                                              const std::string& prefix = {}) {
        Contents all;
        for (const std::string& name : *files.list(directory)) {
            const std::string file = io::join_path(directory, name);
            if (files.list(file).ok()) {
                all.merge(contents_on(files, file, prefix + name + "/"));
                continue;
            }
            if (name == "lock") continue;
            std::string bytes = *io::read_file(files, file, 64 << 20);
            bytes.resize(bytes.find_last_not_of('\0') + 1);
            all[prefix + name] = std::move(bytes);
        }
        return all;
    }

    const std::uint64_t seed_ = test_seed();
    Random random_{seed_};
    std::uint64_t crashes_ = 0;

private:
    std::uint64_t scratches_ = 0;
};

}  // namespace perdure::jobs
