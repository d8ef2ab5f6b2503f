// SpoiltJournal: a journal of 64 KiB in two files, every byte of which is known, with one bit
// flipped or one file cut short; recovery and inspection judge it.
//
// What a flipped bit may do follows from where it is, and nothing else is taken:
//
//   a group, or definitions at a file's head         recovery refuses; inspection shows damage
//   one of a file's two headers                      the other one counts; said in a remark
//   the last group, which only attests; behind it    a torn end, said; every change set is there
//   the older file behind its cut; the zeros that
//   pad the definitions at a file's head to a block  nothing: those bytes are never read
//
// A file that is cut short is refused, unless it still has all up to its cut: that is all there is.
// And inspection shows damage; but for one that has not even its header blocks any more: that may
// never have been flushed, as far as inspection can tell without the store, and it says so in a
// remark.
//
// Thread rule: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "journal/recovery.h"
#include "simulation/machine.h"

namespace perdure::exhaustion {

enum class Place : std::uint8_t {
    header,
    definitions,
    padding,
    group,
    attest,
    behind,
    cut_off,
    count_
};

struct SpoiltFigures {
    std::array<std::uint64_t, static_cast<std::size_t>(Place::count_)> flips{};  // by place
    std::uint64_t refused = 0;
    std::uint64_t harmless = 0;
};

class SpoiltJournal {
public:
    SpoiltJournal();

    [[nodiscard]] std::uint64_t flips() const noexcept { return bytes() * 8; }
    [[nodiscard]] std::uint64_t truncations() const noexcept { return bytes(); }
    // `corrupt` says what was taken that must not be, or refused without need.
    Status judge_flip(std::uint64_t number);
    Status judge_truncation(std::uint64_t number);
    [[nodiscard]] const SpoiltFigures& figures() const noexcept { return figures_; }

private:
    struct Judged {
        Status status;  // of recovery
        Hash128 content;
        bool torn = false;
        bool remarked = false;
    };
    struct File {
        std::string path;
        std::uint64_t bytes = 0;
        std::vector<Place> places;  // by byte
    };

    [[nodiscard]] std::uint64_t bytes() const noexcept;
    Status look();
    [[nodiscard]] Judged recover(io::FileSystem& disk) const;
    // What inspection has to say: of damage, or at least in a remark.
    [[nodiscard]] static bool shows_damage(io::FileSystem& disk);
    [[nodiscard]] static bool remarks(io::FileSystem& disk);
    Status judge(Place place, const Judged& judged) const;

    simulation::Machine machine_;
    std::vector<File> files_;
    Judged whole_;
    SpoiltFigures figures_;
};

}  // namespace perdure::exhaustion
