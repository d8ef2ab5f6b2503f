#include "exhaustion/spoilt_journal.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "exhaustion/small_machine.h"
#include "journal/format.h"
#include "journal/frame.h"
#include "journal/inspect.h"
#include "journal/survey.h"
#include "model/catalog.h"

namespace perdure::exhaustion {
namespace {

const std::string directory = "world/journal";

constexpr std::array<std::string_view, static_cast<std::size_t>(Place::count_)> place_names{
    "a file's header",  "definitions",    "padding", "a group",
    "the attest group", "behind the end", "cut off"};

Uuid world_of(io::FileSystem& disk) {
    const auto found = journal::survey(disk, directory, std::nullopt);
    PERDURE_ASSERT(found.ok() && found->used.size() == 2);
    return found->used_file(0).header.world;
}

}  // namespace

SpoiltJournal::SpoiltJournal() {
    using enum Deed;
    constexpr std::array deeds{create, append, die, put, hold, flush, change, flush, attest};
    simulation::Model model;
    simulation::Figures ignored;
    Status made = live_through(machine_, model, deeds, false, ignored);
    machine_.disk->crash_losing_everything();
    if (made.ok()) made = look();
    PERDURE_ASSERT(made.ok());
    whole_ = recover(*machine_.disk);
    PERDURE_ASSERT(whole_.status.ok() && !whole_.torn && !whole_.remarked);
    PERDURE_ASSERT(bytes() == 64ULL << 10);
}

std::uint64_t SpoiltJournal::bytes() const noexcept {
    std::uint64_t all = 0;
    for (const File& file : files_) all += file.bytes;
    return all;
}

// Notes what each byte is, as inspection sees it.
Status SpoiltJournal::look() {
    PERDURE_TAKE(const journal::Survey found, journal::survey(*machine_.disk, directory, {}));
    PERDURE_ASSERT(found.used.size() == 2);
    std::vector<std::uint64_t> sequences;
    for (std::size_t at = 0; at < found.used.size(); ++at) {
        const journal::FileFound& used = found.used_file(at);
        File file{used.path, used.bytes, {}};
        const Place rest = at == 0 ? Place::cut_off : Place::behind;
        file.places.assign(used.bytes, rest);
        const std::uint64_t head = 2 * io::block_bytes;
        const std::uint64_t blocks =
            (used.header.definitions_bytes + io::block_bytes - 1) / io::block_bytes;
        std::fill_n(file.places.begin(), head, Place::header);
        std::fill_n(file.places.begin() + static_cast<std::ptrdiff_t>(head),
                    blocks * io::block_bytes, Place::padding);
        std::fill_n(file.places.begin() + static_cast<std::ptrdiff_t>(head),
                    used.header.definitions_bytes, Place::definitions);
        files_.push_back(std::move(file));
        sequences.push_back(used.sequence);
    }
    journal::Inspection inspection;
    inspection.group = [&](const journal::GroupSeen& group) -> Status {
        const auto file = std::find(sequences.begin(), sequences.end(), group.address.file);
        PERDURE_ASSERT(file != sequences.end());
        const bool attests = group.header.kind == journal::GroupKind::attest;
        std::fill_n(files_[static_cast<std::size_t>(file - sequences.begin())].places.begin() +
                        static_cast<std::ptrdiff_t>(group.address.offset),
                    group.address.bytes, attests ? Place::attest : Place::group);
        return {};
    };
    return journal::inspect(*machine_.disk, directory, inspection);
}

// The content as it was decoded, encoded once more.
SpoiltJournal::Judged SpoiltJournal::recover(io::FileSystem& disk) const {
    static const Uuid world = world_of(*machine_.disk);
    Judged judged;
    Catalog catalog;
    std::vector<std::byte> all;
    const auto found = journal::recover(
        disk, directory, world, {}, catalog,
        [&](journal::GroupFound&& group) {
            for (const ChangeSet& changes : group.changes) {
                const std::size_t before = all.size();
                all.resize(before + journal::frame_bytes_max(changes));
                const std::byte* end = journal::encode_frame(changes, all.data() + before);
                all.resize(static_cast<std::size_t>(end - all.data()));
            }
            return Status();
        },
        journal::Access::onlooker);
    judged.status = found.status();
    if (!found.ok()) return judged;
    judged.content = checksum128(all);
    judged.torn = found->ending == journal::Ending::torn;
    judged.remarked = !found->remarks.empty();
    return judged;
}

bool SpoiltJournal::shows_damage(io::FileSystem& disk) {
    bool damaged = false;
    journal::Inspection inspection;
    inspection.damage = [&](const Status&) {
        damaged = true;
        return Status();
    };
    const Status inspected = journal::inspect(disk, directory, inspection);
    return damaged || !inspected.ok();
}

bool SpoiltJournal::remarks(io::FileSystem& disk) {
    bool said = false;
    journal::Inspection inspection;
    inspection.remark = [&](std::string_view) {
        said = true;
        return Status();
    };
    return journal::inspect(disk, directory, inspection).ok() && said;
}

Status SpoiltJournal::judge(Place place, const Judged& judged) const {
    const bool must_refuse = place == Place::group || place == Place::definitions;
    if (must_refuse != !judged.status.ok()) {
        return error(Code::corrupt, "recovery answered {}, but must {}", judged.status.text(),
                     must_refuse ? "refuse" : "open");
    }
    if (must_refuse) {
        if (!judged.status.message().empty()) return {};
        return error(Code::corrupt, "recovery refused without a word");
    }
    if (judged.content != whole_.content) {
        return error(Code::corrupt, "recovery gave other change sets, or not all of them");
    }
    const bool must_be_torn = place == Place::attest || place == Place::behind;
    if (judged.torn != must_be_torn) {
        return error(Code::corrupt, "the end is {}", judged.torn ? "torn" : "clean");
    }
    if (judged.remarked || place == Place::cut_off || place == Place::padding) return {};
    return error(Code::corrupt, "recovery did not say what it saw");
}

Status SpoiltJournal::judge_flip(std::uint64_t number) {
    std::uint64_t byte = number / 8;
    std::size_t at = 0;
    for (; byte >= files_[at].bytes; ++at) byte -= files_[at].bytes;
    const File& file = files_[at];
    const Place place = file.places[byte];
    const auto bit = static_cast<unsigned>(number % 8);
    machine_.disk->flip_bit(file.path, byte, bit);
    const Judged judged = recover(*machine_.disk);
    Status status = judge(place, judged);
    if (status.ok() && !judged.status.ok() && !shows_damage(*machine_.disk)) {
        status = error(Code::corrupt, "recovery refuses, and inspection shows no damage");
    }
    machine_.disk->flip_bit(file.path, byte, bit);
    ++figures_.flips[static_cast<std::size_t>(place)];
    ++(judged.status.ok() ? figures_.harmless : figures_.refused);
    if (status.ok()) return {};
    return status.with_context(text::format("{}, byte {}, bit {}, in {}", file.path, byte, bit,
                                            place_names[static_cast<std::size_t>(place)]));
}

// The newest file has its size from its beginning on.
Status SpoiltJournal::judge_truncation(std::uint64_t number) {
    std::uint64_t length = number;
    std::size_t at = 0;
    for (; length >= files_[at].bytes; ++at) length -= files_[at].bytes;
    const auto disk = machine_.disk->clone();
    disk->truncate_at_rest(files_[at].path, length);
    const Judged judged = recover(*disk);
    ++(judged.status.ok() ? figures_.harmless : figures_.refused);
    Status status;
    const bool has_all = files_[at].places[length] == Place::cut_off;
    if (judged.status.ok()) {
        if (!has_all || judged.content != whole_.content)
            status = error(Code::corrupt, "recovery took it");
    } else {
        const bool headless = length < 2 * io::block_bytes;
        if (!shows_damage(*disk) && !(headless && remarks(*disk)))
            status = error(Code::corrupt, "recovery refuses, and inspection shows no damage");
    }
    if (status.ok()) return {};
    return status.with_context(text::format("{} cut to {} bytes", files_[at].path, length));
}

}  // namespace perdure::exhaustion
