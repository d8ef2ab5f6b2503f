// Ledger: the book that is kept outside the tortured process: what was tried, what was
// acknowledged, and so what must be there, and what may.
//
// Thread rule: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "torture/deeds.h"

namespace perdure::torture {

struct Entry {
    std::uint64_t tried = 0;
    std::uint64_t done = 0;
};

class Ledger {
public:
    // A new life begins: nothing has been found yet.
    void next_life();
    // The world is gone and another one begins; what was acknowledged still counts.
    void forget_world();
    // One line of a worker (worker.h).
    void take(std::string_view line);

    // It said that all it found was judged, and went on to live.
    [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
    [[nodiscard]] bool is_refused() const noexcept { return is_refused_; }
    // Acknowledgements so far, in all lives.
    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }
    // What was found of each caller, for the next life's WorkerOptions::checked.
    [[nodiscard]] std::array<std::uint64_t, callers> checked() const;
    // Everything that must not be, in plain words.
    [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return faults_; }
    [[nodiscard]] const std::string& last_words() const noexcept { return last_words_; }

private:
    void found(Entry& entry, std::string_view whose, std::uint64_t number);
    [[nodiscard]] Entry* entry_of(std::string_view whose);

    std::array<Entry, callers> entries_{};
    Entry tick_;
    bool is_ready_ = false;
    bool is_refused_ = false;
    std::uint64_t acknowledged_ = 0;
    std::vector<std::string> faults_;
    std::string last_words_;  // the last line that is no bookkeeping
};

}  // namespace perdure::torture
