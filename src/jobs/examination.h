// Examination: everything that verify says about a world at rest, and everything that repair needs
// to act on it. One judging for both.
//
// Thread rule: one thread. The caller holds the world's lock from judge() on (see needs_lock()).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/world_directory.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "jobs/journal_plan.h"
#include "jobs/rebuild.h"
#include "jobs/verify.h"
#include "model/catalog.h"
#include "store/sqlite/salvage.h"
#include "store/sqlite/verify.h"

namespace perdure::jobs {

// The names of the remedies, in the order in which they are best done.
namespace remedies {
inline constexpr const char* identity = "restore-identity";
inline constexpr const char* identity_from_store = "identity-from-store";
inline constexpr const char* settings = "set-aside-settings";
inline constexpr const char* drop_foreign = "drop-foreign";
inline constexpr const char* rebuild_store = "rebuild-store";
inline constexpr const char* drop_covered = "drop-covered";
inline constexpr const char* cut_journal = "cut-journal";
inline constexpr const char* take_over = "take-over";
}  // namespace remedies

class Examination {
public:
    Examination(io::FileSystem& files, engine::WorldDirectory& place, const std::string& scratch)
        : files_(files), place_(place), scratch_(scratch) {}

    // Whether there is a world, or what is left of one: `not_found` and `unsupported` otherwise.
    // Before the lock is taken, since that makes a file.
    Status find_world();
    Result<Verdict> judge();
    // In words about the world's own store: the copy is gone when somebody reads them.
    [[nodiscard]] Status of_world(const Status& status) const;

    // What was found, for repair. After judge().
    [[nodiscard]] const Uuid& world() const noexcept { return verdict_.world; }
    [[nodiscard]] const std::optional<Uuid>& world_of_store() const noexcept {
        return world_of_store_;
    }
    [[nodiscard]] std::int64_t created_us() const noexcept { return created_us_; }
    [[nodiscard]] const JournalPlan& journal() const noexcept { return journal_; }
    [[nodiscard]] const std::optional<RebuildPlan>& rebuild() const noexcept { return rebuild_; }
    [[nodiscard]] store::sqlite::Salvage* salvage() noexcept { return salvage_.get(); }
    [[nodiscard]] const std::vector<TableDefinition>& definitions() const noexcept {
        return definitions_;
    }
    [[nodiscard]] bool finishing() const noexcept { return finishing_; }

private:
    enum class StoreState : std::uint8_t { whole, missing, damaged, foreign };

    // The judging, in this order.
    Status judge_identity();
    Status judge_settings();
    Status judge_store();
    Status judge_lone_companions();
    Status judge_journal();
    Status offer_rebuild();
    Status judge_together();

    void add(Damage damage);
    void offer(const char* name, std::string does, std::string loses);
    Status report_or_fail(const Status& status);
    void report_journal();
    [[nodiscard]] std::string loss_of_journal() const;
    [[nodiscard]] std::string loss_of_rebuild() const;
    Result<std::string> copy_store(const char* into);

    io::FileSystem& files_;
    engine::WorldDirectory& place_;
    const std::string& scratch_;
    std::vector<std::string> copies_;  // paths of private copies, for messages
    Status identity_trouble_;
    std::optional<Uuid> world_of_journal_;
    std::optional<Uuid> world_of_store_;
    std::int64_t created_us_ = 0;
    bool has_store_ = false;
    bool finishing_ = false;  // a new store is ready, and the old one set aside
    StoreState store_state_ = StoreState::whole;
    bool log_is_cut_ = false;  // the store's file is of several states, or may be
    std::unique_ptr<store::sqlite::Salvage> salvage_;
    std::vector<TableDefinition> definitions_;
    JournalPlan journal_;
    journal::Fault store_fault_ = journal::Fault::none;  // how the store does not fit the journal
    std::optional<RebuildPlan> rebuild_;
    Catalog catalog_;
    Verdict verdict_;
};

}  // namespace perdure::jobs
