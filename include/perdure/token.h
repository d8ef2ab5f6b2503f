// Token: what a commit returns. Wait for it, poll it, or leave a callback.
//
//     auto saved = world.commit();
//     if (saved) saved->then([&] { tell(ana, "saved"); });
//
// A token completes at the strongest level in its change set. If the flush that would have made it
// durable fails, it completes with `unknown`: the next open decides.
//
// Thread rule: a value; use it from any thread. It may outlive the world: it then answers `unknown`
// unless it had completed. Callbacks run in World::poll(), on the thread that calls it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "perdure/durability.h"
#include "perdure/status.h"

namespace perdure {

namespace engine {
class Progress;
}

class Token {
public:
    Token() = default;  // of nothing: complete
    Token(std::shared_ptr<engine::Progress> progress, std::uint64_t lsn, Level level,
          std::optional<std::uint64_t> tick);

    // The position of the change set in the world's order.
    [[nodiscard]] std::uint64_t lsn() const noexcept { return lsn_; }
    // The tick that it ended, if it ended one.
    [[nodiscard]] std::optional<std::uint64_t> tick() const noexcept { return tick_; }
    [[nodiscard]] Level level() const noexcept { return level_; }

    // True once the level is reached, or never will be. Does not block.
    [[nodiscard]] bool done() const;
    // ok if the level is reached; `unknown` if it cannot be said; `busy` while it is under way.
    [[nodiscard]] Status status() const;
    // Blocks until the level (or another one, weaker or stronger) is reached. Waiting for `journal`
    // takes part in the writing; waiting for `stored` asks the drain to hurry. `unknown`: it
    // failed, or stands still (the store is away): the message or health() says why.
    Status wait() const;
    Status wait(Level level) const;
    // Calls back in World::poll() once the token is done; at once in the next poll if it is
    // already. The callback takes the status, or nothing, and is then only called if all went well.
    template <typename Callback>
    void then(Callback callback) const {
        if constexpr (std::is_invocable_v<Callback&, const Status&>) {
            call_back(std::move(callback));
        } else {
            call_back([run = std::move(callback)](const Status& status) mutable {
                if (status.ok()) run();
            });
        }
    }

private:
    void call_back(std::function<void(const Status&)> callback) const;

    std::shared_ptr<engine::Progress> progress_;
    std::uint64_t lsn_ = 0;
    Level level_ = Level::journal;
    std::optional<std::uint64_t> tick_;
};
// "LSN 17, tick 5, level journal: done"; else "under way", or what status() says. Does not block.
[[nodiscard]] std::string to_text(const Token& token);

struct CommitOptions {
    std::optional<std::uint64_t> tick{};  // number of the tick that ends; default: the next
    std::optional<Level> level{};         // raises the durability of this commit; never lowers it
    bool wait = false;  // return only when the level is reached; a failure to reach it is `unknown`
};

}  // namespace perdure
