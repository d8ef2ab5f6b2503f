#include "cli/demo/demo.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quantity.h"
#include "cli/demo/announcements.h"
#include "cli/demo/books.h"
#include "cli/demo/crash_report.h"
#include "cli/demo/figures.h"
#include "cli/demo/place.h"
#include "cli/demo/rules.h"
#include "cli/demo/screen.h"
#include "cli/stop_signal.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t seed_usual = 1;
constexpr auto busy_pause = std::chrono::milliseconds(5);  // before a refused commit is tried again
constexpr auto poll_pause = std::chrono::milliseconds(2);  // between looks at tokens while idle
constexpr auto screen_interval = std::chrono::milliseconds(250);
constexpr auto line_interval = std::chrono::seconds(1);
// A world that is later than this does not try to catch up.
constexpr std::chrono::duration<double> behind_max{1};

// What the library had to say last; it may speak from any thread.
class Note {
public:
    void set(std::string_view text) {
        const std::lock_guard lock(mutex_);
        text_ = text;
    }
    [[nodiscard]] std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;  // guarded by mutex_
};

// Tells apart what a failed audit is from a world that failed.
struct Outcome {
    Status status;
    bool books_right = true;
};

class Demo {
public:
    explicit Demo(const DemoOptions& options) : options_(options) {}

    Outcome run();

private:
    Status open();
    Status found_if_new();
    Status check_books(Outcome& outcome);
    Status live();
    Result<TickCounts> tick();
    Status commit_tick();
    void show(SteadyClock::time_point now);
    Figures figures(SteadyClock::time_point now);
    void idle_until(SteadyClock::time_point due);
    [[nodiscard]] bool enough(SteadyClock::time_point now) const;

    const DemoOptions& options_;
    std::shared_ptr<Note> note_ = std::make_shared<Note>();
    std::unique_ptr<World> world_;
    std::unique_ptr<CrashReport> report_;
    std::unique_ptr<Rules> rules_;
    std::unique_ptr<Screen> screen_;
    std::unique_ptr<Meter> meter_;
    SteadyClock::time_point began_;
    SteadyClock::time_point show_due_;
    bool founded_now_ = false;  // in this life
    std::string note_shown_;
    std::uint64_t ticks_done_ = 0;
    std::uint64_t commit_us_ = 0;
};

Status Demo::open() {
    PERDURE_TRY(check_place(options_));
    PERDURE_TRY(ground_for(options_).status());
    WorldOptions world_options;
    world_options.log = [note = note_](std::string_view line) { note->set(line); };
    PERDURE_TAKE(world_, World::open(options_.directory, demo_schema(), std::move(world_options)));
    report_ = std::make_unique<CrashReport>(*world_, options_.report_descriptor);
    announce_recovery(world_->recovery(), options_.directory);
    return {};
}

Status Demo::found_if_new() {
    const bool is_empty = world_->entities().count() <= 1 && world_->next_tick() == 1;
    if (!is_empty) return check_founded(*world_, options_);
    report_->recovered_empty();
    PERDURE_TAKE(const Surface surface, ground_for(options_));
    PERDURE_TRY(found(
        *world_, surface,
        {.seed = options_.seed.value_or(seed_usual), .walkers = options_.walkers.value_or(0)}));
    announce(fmt::format("  founded: {} columns of ground, {} walkers",
                         count_text(world_->entities().count_of<Node>()),
                         count_text(world_->entities().count_of<Walker>())));
    founded_now_ = true;
    return commit_tick();
}

Status Demo::check_books(Outcome& outcome) {
    PERDURE_TAKE(const Audit audit, demo::audit(*world_));
    outcome.books_right = audit.faults.empty();
    if (!founded_now_) report_->recovered(audit);
    announce_audit(audit);
    if (rules_->terrain().misplaced() > 0) {
        outcome.books_right = false;
        announce(fmt::format("  wrong: {} nodes or walkers are missing or out of place",
                             rules_->terrain().misplaced()));
    }
    return {};
}

Status Demo::commit_tick() {
    report_->staged();
    for (;;) {
        const auto began = SteadyClock::now();
        const Result<Token> token = world_->commit();
        commit_us_ = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - began)
                .count());
        if (token.ok()) {
            report_->follow(*token);
            return {};
        }
        if (token.status().code() != Code::busy) return token.status();
        if (StopSignal::requested()) return {};  // this tick has not happened
        note_->set(token.status().text());
        world_->poll();
        std::this_thread::sleep_for(busy_pause);
    }
}

Result<TickCounts> Demo::tick() {
    PERDURE_TAKE(const TickCounts counts, rules_->step());
    PERDURE_TRY(commit_tick());
    world_->poll();
    ++ticks_done_;
    return counts;
}

bool Demo::enough(SteadyClock::time_point now) const {
    return StopSignal::requested() || (options_.ticks > 0 && ticks_done_ >= options_.ticks) ||
           (options_.seconds > 0 &&
            std::chrono::duration<double>(now - began_).count() >= options_.seconds);
}

void Demo::idle_until(SteadyClock::time_point due) {
    while (SteadyClock::now() < due && !StopSignal::requested()) {
        const auto pause = report_->wanted() ? SteadyClock::now() + poll_pause : due;
        std::this_thread::sleep_until(std::min(pause, due));
        world_->poll();
    }
}

Figures Demo::figures(SteadyClock::time_point now) {
    Entities& entities = world_->entities();
    const Calendar calendar = *entities.get<Calendar>(world_entity);
    Figures figures;
    figures.tick = world_->next_tick() - 1;
    figures.day = calendar.day;
    figures.minute = calendar.minute;
    figures.entities = entities.count();
    figures.walkers = rules_->walkers();
    figures.crops = entities.count_of<Crop>();
    figures.health = world_->health();
    figures.note = note_->text();
    meter_->fill(figures, now);
    return figures;
}

void Demo::show(SteadyClock::time_point now) {
    if (now < show_due_) return;
    const Figures shown = figures(now);
    if (screen_) {
        screen_->draw(shown, rules_->terrain(), world_->entities());
    } else {
        if (shown.note != note_shown_) announce("note: " + shown.note);
        note_shown_ = shown.note;
        announce(plain_line(shown));
    }
    show_due_ = now + (screen_ ? SteadyClock::duration(screen_interval) : line_interval);
}

Status Demo::live() {
    const auto interval = std::chrono::duration_cast<SteadyClock::duration>(
        std::chrono::duration<double>(options_.rate > 0 ? 1 / options_.rate : 0));
    began_ = SteadyClock::now();
    show_due_ = began_;
    meter_ = std::make_unique<Meter>(began_);
    if (!options_.plain && Screen::possible()) {
        screen_ = std::make_unique<Screen>(rules_->terrain());
    }
    auto due = began_;
    while (!enough(SteadyClock::now())) {
        PERDURE_TAKE(const TickCounts counts, tick());
        meter_->tick(counts, commit_us_, world_->health().flush_us_last);
        const auto latest = std::chrono::duration_cast<SteadyClock::duration>(behind_max);
        due = std::max(due + interval, SteadyClock::now() - latest);
        if (options_.rate > 0) idle_until(due);
        show(SteadyClock::now());
    }
    return {};
}

Outcome Demo::run() {
    Outcome outcome;
    const auto all = [&]() -> Status {
        PERDURE_TRY(open());
        PERDURE_TRY(found_if_new());
        rules_ = std::make_unique<Rules>(*world_);
        PERDURE_TRY(check_books(outcome));
        if (!outcome.books_right) return {};
        announce(fmt::format("goes on at tick {}", world_->next_tick()));
        const Status lived = live();
        screen_.reset();
        PERDURE_TRY(lived);
        const std::uint64_t last = world_->next_tick() - 1;
        PERDURE_TRY(world_->close());
        announce(fmt::format("closed after tick {}", last));
        return {};
    };
    outcome.status = all();
    return outcome;
}

}  // namespace

ExitCode run_demo(const DemoOptions& options) {
    StopSignal::install();
    const Outcome outcome = Demo(options).run();
    if (!outcome.status.ok()) return report(outcome.status);
    if (!outcome.books_right) {
        return report(ExitCode::no,
                      options.directory + ": coins, goods or places are not what they were");
    }
    return ExitCode::done;
}

}  // namespace perdure::cli::demo
