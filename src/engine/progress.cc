#include "engine/progress.h"

#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "base/text.h"
#include "perdure/token.h"

namespace perdure::engine {

void Progress::fail(const Status& reason) {
    PERDURE_ASSERT(!reason.ok());
    const std::scoped_lock lock(mutex_);
    if (failure_.ok()) failure_ = reason;
    failed_.store(true, std::memory_order_release);
}

void Progress::detach() {
    const std::unique_lock lock(life_);
    helper_ = nullptr;
    fail(error(Code::unknown, "the world was closed before it got there"));
}

Status Progress::failure() const {
    const std::scoped_lock lock(mutex_);
    PERDURE_ASSERT(failure_.ok() == !failed());
    return failure_;
}

bool Progress::reached(Lsn lsn, Level level) const noexcept {
    if (level < Level::journal) return true;
    return (level == Level::journal ? durable() : stored()) >= lsn;
}

Status Progress::status(Lsn lsn, Level level) const {
    if (reached(lsn, level)) return {};
    if (!failed()) {
        return error(Code::busy, "change set {} is on its way to level {}", lsn, level_name(level));
    }
    if (reached(lsn, level)) return {};  // it got there just before the failure
    if (seeded_bug("engine: in flight counts as done")) return {};
    return error(Code::unknown, "change set {}: {}; the next open of the world decides", lsn,
                 failure().message());
}

Status Progress::wait(Lsn lsn, Level level) {
    if (reached(lsn, level)) return {};
    const std::shared_lock lock(life_);
    if (helper_) helper_->help(lsn, level);
    if (!helper_ || failed() || reached(lsn, level)) return status(lsn, level);
    // Not `busy`, which would say that nothing was accepted.
    return error(Code::unknown,
                 "change set {} has not reached level {}; health() says what holds it up", lsn,
                 level_name(level));
}

void Progress::then(Lsn lsn, Level level, std::function<void(const Status&)> callback) {
    const std::scoped_lock lock(mutex_);
    // What is done already waits for nobody: it comes first.
    callbacks_.emplace(reached(lsn, level) ? 0 : lsn, Callback{lsn, level, std::move(callback)});
    waiting_.store(callbacks_.size(), std::memory_order_release);
}

std::size_t Progress::poll() {
    if (waiting_.load(std::memory_order_acquire) == 0) return 0;
    std::vector<std::pair<Status, std::function<void(const Status&)>>> ready;
    {
        const bool failed_now = failed();
        const Lsn newest = durable();
        std::unique_lock lock(mutex_);
        for (auto at = callbacks_.begin(); at != callbacks_.end();) {
            if (at->first > newest && !failed_now) break;
            const auto [lsn, level] = std::pair(at->second.lsn, at->second.level);
            if (!reached(lsn, level) && !failed_now) {
                ++at;
                continue;
            }
            auto run = std::move(at->second.run);
            at = callbacks_.erase(at);
            lock.unlock();
            ready.emplace_back(status(lsn, level), std::move(run));
            lock.lock();
        }
        waiting_.store(callbacks_.size(), std::memory_order_release);
    }
    for (auto& [status, run] : ready) {
        PERDURE_ASSERT(status.code() != Code::busy);  // what is told is final
        run(status);
    }
    return ready.size();
}

}  // namespace perdure::engine

namespace perdure {

Token::Token(std::shared_ptr<engine::Progress> progress, std::uint64_t lsn, Level level,
             std::optional<std::uint64_t> tick)
    : progress_(std::move(progress)), lsn_(lsn), level_(level), tick_(tick) {}

bool Token::done() const {
    return !progress_ || progress_->reached(lsn_, level_) || progress_->failed();
}
Status Token::status() const { return progress_ ? progress_->status(lsn_, level_) : Status(); }
Status Token::wait() const { return wait(level_); }
Status Token::wait(Level level) const {
    return progress_ ? progress_->wait(lsn_, level) : Status();
}
void Token::call_back(std::function<void(const Status&)> callback) const {
    if (progress_) progress_->then(lsn_, level_, std::move(callback));
}

std::string to_text(const Token& token) {
    if (token.lsn() == 0) return "of nothing: done";
    std::string shown = text::format("LSN {}", token.lsn());
    if (token.tick()) shown += text::format(", tick {}", *token.tick());
    shown += text::format(", level {}: ", level_name(token.level()));
    const Status status = token.status();
    if (status.ok()) return shown + "done";
    return shown + (status.code() == Code::busy ? "under way" : status.text());
}

}  // namespace perdure
