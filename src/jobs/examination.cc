#include "jobs/examination.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "journal/survey.h"
#include "perdure/world.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/private_copy.h"
#include "world/settings.h"

namespace perdure::jobs {
namespace {

using store::sqlite::Salvage;

// What the file does not set its program may have set to anything that goes with the rest.
journal::Options journal_limits(const WorldOptions& set) {
    const WorldOptions unset;
    journal::Options limits;
    limits.file_bytes = journal::file_bytes_min;
    if (set.journal_file_bytes != unset.journal_file_bytes) {
        limits.file_bytes = set.journal_file_bytes;
    }
    limits.bytes_max = 2 * journal::file_bytes_max;
    if (set.journal_bytes_max != unset.journal_bytes_max) limits.bytes_max = set.journal_bytes_max;
    limits.files_ahead = set.journal_files_ahead;
    return limits;
}

// The store before the journal: what it can show decides how much of the journal is needed.
std::size_t rank(const Remedy& remedy) {
    static constexpr const char* order[] = {remedies::identity,      remedies::identity_from_store,
                                            remedies::settings,      remedies::drop_foreign,
                                            remedies::rebuild_store, remedies::drop_covered,
                                            remedies::cut_journal,   remedies::take_over};
    return static_cast<std::size_t>(std::find(std::begin(order), std::end(order), remedy.name) -
                                    std::begin(order));
}

}  // namespace

Status Examination::of_world(const Status& status) const {
    Status told = status;
    for (const std::string& copy : copies_) {
        told = store::sqlite::told_of_original(told, copy, place_.store());
    }
    return told;
}

void Examination::add(Damage damage) {
    damage.what = std::string(of_world({damage.code, damage.what}).message());
    verdict_.damage.push_back(std::move(damage));
}

void Examination::offer(const char* name, std::string does, std::string loses) {
    if (verdict_.find_remedy(name) != nullptr) return;
    verdict_.remedies.push_back({name, std::move(does), std::move(loses)});
}

// What keeps us from judging is the command's failure, unless there is damage for certain.
Status Examination::report_or_fail(const Status& status) {
    if (verdict_.whole() && store::sqlite::says_nothing_of_damage(status.code())) return status;
    add({.code = status.code(), .what = std::string(status.message())});
    return {};
}

Result<std::string> Examination::copy_store(const char* into) {
    const std::string directory = io::join_path(scratch_, into);
    PERDURE_TRY(files_.create_directory(directory));
    auto copied = store::sqlite::copy_files(files_, place_.store(), directory);
    if (!copied) return copied.status();
    copies_.push_back(*copied);
    return copied;
}

Status Examination::find_world() {
    const auto identity = place_.read_identity();
    if (identity) {
        verdict_.world = identity->world;
        return {};
    }
    identity_trouble_ = identity.status();
    const Code code = identity_trouble_.code();
    if (code == Code::corrupt) return {};
    if (code != Code::not_found) return identity_trouble_;
    // Nothing may be made where no world is; where one was, something of it is left.
    PERDURE_TAKE(has_store_, files_.exists(place_.store()));
    PERDURE_TAKE(const journal::Survey found,
                 journal::survey(files_, place_.journal(), std::nullopt));
    return has_store_ || !found.used.empty() ? Status() : identity_trouble_;
}

Result<Verdict> Examination::judge() {
    PERDURE_TAKE(has_store_, files_.exists(place_.store()));
    PERDURE_TRY(judge_identity());
    PERDURE_TRY(judge_settings());
    PERDURE_TRY(judge_store());
    PERDURE_TRY(judge_journal());
    PERDURE_TRY(offer_rebuild());
    if (verdict_.whole()) PERDURE_TRY(judge_together());
    std::stable_sort(verdict_.remedies.begin(), verdict_.remedies.end(),
                     [](const Remedy& a, const Remedy& b) { return rank(a) < rank(b); });
    return verdict_;
}

// The journal's files and the store both say whose they are.
Status Examination::judge_identity() {
    if (identity_trouble_.ok()) return {};
    PERDURE_TAKE(const journal::Survey found,
                 journal::survey(files_, place_.journal(), std::nullopt));
    if (!found.used.empty()) {
        const journal::FileFound& newest = found.used_file(found.used.size() - 1);
        world_of_journal_ = newest.header.world;
        created_us_ = found.used_file(0).header.wall_us;
    }
    if (has_store_) {
        PERDURE_TAKE(const std::string copy, copy_store("whose"));
        const auto salvage = Salvage::open(files_, copy);
        if (salvage && (*salvage)->world()) world_of_store_ = (*salvage)->world()->world;
    }
    Damage damage{.code = identity_trouble_.code(),
                  .what = std::string(identity_trouble_.message()),
                  .path = io::join_path(place_.path(), "identity"),
                  .remedies = {remedies::identity}};
    const bool differ =
        world_of_journal_ && world_of_store_ && *world_of_journal_ != *world_of_store_;
    if (world_of_journal_ || world_of_store_) {
        verdict_.world = world_of_journal_ ? *world_of_journal_ : *world_of_store_;
        offer(
            remedies::identity,
            text::format("write identity anew: this is world {}, as {} says",
                         to_text(verdict_.world), world_of_journal_ ? "the journal" : "the store"),
            differ ? "the store, which says that it belongs to another world" : "");
    } else {
        verdict_.world = engine::random_uuid();
        offer(remedies::identity,
              "write identity anew, with a new UUID: neither journal nor store says whose they are",
              "what is left of the journal and the store, as far as it can be read at all");
    }
    if (differ) {
        damage.what += "; the journal and the store say that they belong to different worlds";
        damage.remedies.emplace_back(remedies::identity_from_store);
        offer(remedies::identity_from_store,
              text::format("write identity anew: this is world {}, as the store says",
                           to_text(*world_of_store_)),
              "the journal, whose files say that they belong to another world");
    }
    add(std::move(damage));
    return {};
}

// As an opening reads it; a program's own categories and options are not known here.
Status Examination::judge_settings() {
    PERDURE_TAKE(const bool there, files_.exists(place_.settings()));
    if (!there) return {};
    WorldOptions options;
    std::vector<Category> categories{Category{}};
    auto text = io::read_file(files_, place_.settings(), settings_bytes_max);
    Status status = text.status();
    if (status.code() == Code::io) return report_or_fail(status);
    if (status.ok()) status = apply_settings(*text, place_.settings(), options, categories);
    if (status.ok()) status = options.validate();
    if (status.ok()) {
        status = journal_limits(options).validate();
    }
    if (status.ok()) return {};
    add({.code = status.code(),
         .what = text::format("{}; correct it, or set it aside", status.message()),
         .path = place_.settings(),
         .remedies = {remedies::settings}});
    offer(remedies::settings,
          "move perdure.toml to quarantine: the world then opens as its program says", "");
    return {};
}

// Where the file is missing, what belonged to it would be taken for the next one's, or removed.
Status Examination::judge_lone_companions() {
    for (const char* ending : {store::sqlite::log_ending, store::sqlite::renewal_ending}) {
        const std::string path = place_.store() + ending;
        PERDURE_TAKE(const bool there, files_.exists(path));
        if (!there) continue;
        PERDURE_TAKE(const std::unique_ptr<io::File> file, files_.open(path, {}));
        PERDURE_TAKE(const std::uint64_t bytes, file->size());
        if (!store::sqlite::misses_its_file(ending, bytes)) continue;
        add({.what =
                 text::format("{} is here, and {} is not: the store was taken away, or a repair "
                              "was cut short",
                              path, place_.store()),
             .path = path,
             .remedies = {remedies::rebuild_store}});
    }
    return {};
}

Status Examination::judge_store() {
    PERDURE_TAKE(const bool rebuilt, files_.exists(place_.rebuilt_store()));
    if (rebuilt) {
        add({.what =
                 text::format("{}: a repair of the store was cut short", place_.rebuilt_store()),
             .path = place_.rebuilt_store(),
             .remedies = {remedies::rebuild_store}});
    }
    if (!has_store_) {
        store_state_ = StoreState::missing;
        if (rebuilt)
            offer(remedies::rebuild_store, "put the new store, which is ready, in its place", "");
        finishing_ = rebuilt;
        if (!rebuilt) PERDURE_TRY(judge_lone_companions());
        return {};
    }
    const std::string pages = io::join_path(scratch_, "pages");
    PERDURE_TRY(files_.create_directory(pages));
    PERDURE_TAKE(const store::sqlite::StoreReport file,
                 store::sqlite::verify_store(files_, place_.store(), pages));
    PERDURE_TAKE(const auto store_file, files_.open(place_.store(), {}));
    PERDURE_TAKE(verdict_.store_bytes, store_file->size());
    verdict_.remarks.insert(verdict_.remarks.end(), file.notes.begin(), file.notes.end());
    for (const store::sqlite::Damage& damage : file.damages) {
        const std::string where =
            damage.page == 0
                ? damage.file
                : text::format("{}, page {} at offset {}", damage.file, damage.page, damage.offset);
        Damage found{.what = where + ": " + damage.what,
                     .path = damage.file,
                     .remedies = {remedies::rebuild_store}};
        if (damage.page != 0) found.offset = damage.offset;
        add(std::move(found));
    }
    if (file.damage_count > file.damages.size()) {
        add({.what = text::format("{}: {} more pages are damaged", place_.store(),
                                  file.damage_count - file.damages.size()),
             .path = place_.store(),
             .remedies = {remedies::rebuild_store}});
    }
    if (!file.sound()) store_state_ = StoreState::damaged;
    PERDURE_TAKE(const std::string copy, copy_store("store"));
    // The file is nearer to what was than older pages of the log over it, and it is all of it if
    // the checkpoint came to its end.
    log_is_cut_ = file.log_is_cut;
    if (log_is_cut_) PERDURE_TRY(files_.remove(copy + store::sqlite::log_ending));
    auto salvage = Salvage::open(files_, copy);
    if (!salvage) {
        // A newer one's, or the judging failed: that says nothing of what the file holds.
        if (salvage.status().code() != Code::invalid) return of_world(salvage.status());
        store_state_ = StoreState::foreign;
        return {};
    }
    salvage_ = *std::move(salvage);
    definitions_ = salvage_->definitions();
    const auto& row = salvage_->world();
    if (row && row->world != verdict_.world) {
        add({.code = Code::conflict,
             .what = text::format("{} belongs to world {}, not to {}; put back the right file",
                                  place_.store(), to_text(row->world), to_text(verdict_.world)),
             .path = place_.store(),
             .remedies = {remedies::rebuild_store}});
        store_state_ = StoreState::foreign;
        definitions_.clear();
        salvage_.reset();
    } else if (row) {
        verdict_.stored = row->watermark;
        verdict_.tick = row->watermark.tick;
    }
    return {};
}

}  // namespace perdure::jobs
