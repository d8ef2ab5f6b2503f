// CrashReport: what the world of a crash test tells its supervisor, line by line, through a pipe:
//
//     recovered R DIGEST COINS GOODS     once, after opening: the last tick there, and the state as
//     it is fault TEXT                         the audit found something wrong staged N DIGEST
//     COINS GOODS        before each commit: the state as it will be acknowledged N once it is
//     durable
//
// Each line is one write, shorter than a pipe's atomic unit: a line is there whole or not at all.
// DIGEST is that of all components, the world's totals included; the totals hold the sum over all
// trades.
//
// Thread rule: the world's thread. The world must outlive it.
#pragma once

#include <cstdint>
#include <string>

#include "perdure/world.h"

namespace perdure::cli::demo {

struct Audit;

class CrashReport {
public:
    // A negative descriptor: nobody listens, and nothing costs anything.
    CrashReport(World& world, int descriptor) : world_(world), descriptor_(descriptor) {}

    [[nodiscard]] bool wanted() const noexcept { return descriptor_ >= 0; }
    void recovered(const Audit& audit) const;
    void recovered_empty() const;
    void staged() const;
    // Asks the token to tell; that happens in World::poll().
    void follow(const Token& token) const;

private:
    void write_line(const std::string& line) const;
    void write_state(const char* word, std::uint64_t tick, std::int64_t coins,
                     std::int64_t goods) const;

    World& world_;
    int descriptor_;
};

}  // namespace perdure::cli::demo
