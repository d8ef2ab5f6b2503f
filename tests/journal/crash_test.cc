// The power fails at every I/O operation of random workloads with changes of file, trims, recycling
// and restarts; what was not flushed arrives in part, in any order. A crash alone must never be
// refused, lose what was acknowledged, or bring back what was not written.
#include <vector>

#include "base/test_run.h"
#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

// What the world knows, outside of the disk.
struct Model {
    std::vector<std::string> words;  // by LSN - 1; those beyond `acknowledged` were offered only
    Lsn acknowledged = 0;
    Watermark durable;  // at `acknowledged`
    Watermark store;    // what a store would hold; trimmed up to there
};

struct CrashPoint {
    std::unique_ptr<io::MemoryFileSystem> disk;
    Model model;
    std::string operation;
};

class CrashWorkload {
public:
    explicit CrashWorkload(std::uint64_t seed) : random_(seed), it_(small_files()) {}
    // Goes on with a disk that a crash left.
    CrashWorkload(std::uint64_t seed, std::unique_ptr<io::MemoryFileSystem> disk, Model model)
        : random_(seed), it_(small_files(), std::move(disk)), model_(std::move(model)) {}

    // Keeps a copy of everything before each operation that changes the disk.
    void capture(std::vector<CrashPoint>& points) {
        it_.faulty->on_operation = [&](const io::Operation& operation) {
            using Kind = io::OperationKind;
            const Kind kind = operation.kind;
            if (kind == Kind::read || kind == Kind::size || kind == Kind::list ||
                kind == Kind::exists || kind == Kind::free_bytes) {
                return;
            }
            points.push_back({it_.disk->clone(), model_,
                              text::format("{} of {} {}", io::operation_name(kind), operation.path,
                                           operation.offset)});
        };
    }
    void crash_at(std::uint64_t operation) {
        it_.faulty->inject({.at = operation, .type = io::FaultType::crash_point});
    }

    // Stops early when the power is gone; anything else that fails is a failure of the test.
    void run(int steps) {
        if (!open()) return;
        for (int step = 0; step < steps; ++step) {
            if (!do_something()) return;
        }
    }

    // What a recovery must find, and then the disk can be used again.
    static void check(io::MemoryFileSystem& disk, Model& model, std::string_view what) {
        const Recovered seen = recover_from(disk, world_of(16), model.store);
        ASSERT_TRUE(seen.status.ok()) << what << ": " << seen.status.text();
        const Lsn last = seen.findings.empty ? 0 : seen.findings.last;
        ASSERT_GE(last, model.acknowledged) << what;
        ASSERT_LE(last, model.words.size()) << what;
        const std::vector<std::string> expected(
            model.words.begin() + static_cast<std::ptrdiff_t>(model.store.lsn),
            model.words.begin() + static_cast<std::ptrdiff_t>(last));
        ASSERT_EQ(joined(seen.words), joined(expected)) << what;
        model.words.resize(last);  // what did not survive never was
        if (last > model.acknowledged) {
            const GroupFound& group = seen.groups.back();
            model.durable = {group.epoch, group.last, group.chain, {}, {}};
        }
        model.acknowledged = last;
    }

    [[nodiscard]] Model& model() { return model_; }
    [[nodiscard]] io::MemoryFileSystem& disk() { return *it_.disk; }
    void close() { it_.close(); }

private:
    // Fine, or the power is gone.
    bool accept(const Status& status) {
        if (status.ok()) return true;
        EXPECT_TRUE(it_.faulty->stopped()) << status.text();
        return false;
    }

    bool open() {
        it_.from = model_.store;
        if (!accept(it_.open())) return false;
        model_.words.resize(it_.journal->last());
        return true;
    }

    bool do_something() {
        switch (random_.below(12)) {
            case 0: return accept(it_.journal->attest());
            case 1: return trim();
            case 2: it_.close(); return open();
            case 3:
            case 4: {
                const auto more = it_.journal->prepare_step();
                if (more.status().code() == Code::busy) return trim();
                return accept(more.status());
            }
            default: return append();
        }
    }

    bool trim() {
        if (random_.chance(1, 2)) model_.store = model_.durable;
        return accept(it_.journal->trim(model_.store.lsn));
    }

    bool append() {
        std::vector<ChangeSet> sets;
        std::uint64_t bytes = 0;
        for (auto count = random_.range(1, 3); count > 0; --count) {
            const bool large = random_.chance(1, 8);
            const std::string word(1 + random_.below(large ? 30'000 : 1500),
                                   static_cast<char>('a' + random_.below(26)));
            sets.push_back(
                note(*it_.catalog->find(notes().id), it_.journal->last() + 1 + sets.size(), word));
            bytes += encoded_bytes_max(sets.back());
            model_.words.push_back(word);
        }
        const Lsn before = it_.journal->last();
        if (!it_.journal->has_room(bytes)) {
            const Status room = it_.journal->prepare(bytes);
            if (room.code() == Code::busy) {  // the budget: let the store catch up
                model_.words.resize(before);
                model_.store = model_.durable;
                return accept(it_.journal->trim(model_.store.lsn));
            }
            if (!accept(room)) return false;
        }
        std::vector<const ChangeSet*> offered;
        for (const ChangeSet& set : sets) offered.push_back(&set);
        for (std::size_t done = 0; done < offered.size();) {
            const auto appended = it_.journal->append(std::span(offered).subspan(done));
            if (!accept(appended.status())) return false;
            done += appended->taken;
            model_.acknowledged = appended->last;
            model_.durable = {
                it_.recovered.findings.epoch + 1, appended->last, appended->chain, {}, {}};
        }
        return true;
    }

    Random random_;
    TestJournal it_;
    Model model_;
};

std::uint64_t workload_count() { return test_share_of(40); }

// The disk as a crash leaves it, in one of several ways.
std::unique_ptr<io::MemoryFileSystem> crashed(const io::MemoryFileSystem& disk, int way,
                                              Random& random) {
    auto copy = disk.clone();
    if (way == 0) {
        copy->crash_losing_everything();
    } else if (way == 1) {
        copy->crash_keeping_everything();
    } else {
        copy->crash(random);
    }
    return copy;
}

TEST(Crash, AtEveryOperationNothingAcknowledgedIsLostAndNothingElseComesBack) {
    Random random(test_seed());
    constexpr int ways = 5;
    std::uint64_t states = 0;
    for (std::uint64_t workload = 0; workload < workload_count(); ++workload) {
        std::vector<CrashPoint> points;
        CrashWorkload work(random.next());
        work.capture(points);
        work.run(40);
        ASSERT_FALSE(testing::Test::HasFailure()) << "workload " << workload;
        for (const CrashPoint& point : points) {
            for (int way = 0; way < ways; ++way) {
                Model model = point.model;
                const auto disk = crashed(*point.disk, way, random);
                CrashWorkload::check(*disk, model, point.operation);
                ++states;
                ASSERT_FALSE(testing::Test::HasFailure())
                    << "workload " << workload << ", way " << way << ", before " << point.operation;
            }
        }
    }
    std::cout << states << " crash states\n";
}

// Crash, recover, crash in the opening or soon after, recover, … on one disk.
TEST(Crash, AgainAndAgainIncludingTheOpening) {
    Random random(test_seed());
    for (std::uint64_t workload = 0; workload < workload_count() * 10; ++workload) {
        auto disk = std::make_unique<io::MemoryFileSystem>();
        ASSERT_TRUE(disk->create_directory("world").ok());
        ASSERT_TRUE(disk->sync_directory("").ok());
        Model model;
        for (int life = 0; life < 12; ++life) {
            CrashWorkload work(random.next(), std::move(disk), std::move(model));
            work.crash_at(random.range<std::uint64_t>(1, random.chance(1, 2) ? 30 : 200));
            work.run(60);
            work.close();
            model = std::move(work.model());
            disk = crashed(work.disk(), static_cast<int>(random.below(5)), random);
            CrashWorkload::check(*disk, model, text::format("life {}", life));
            ASSERT_FALSE(testing::Test::HasFailure())
                << "workload " << workload << ", life " << life;
        }
    }
}

}  // namespace
}  // namespace perdure::journal::test
