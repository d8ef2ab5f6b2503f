#include "journal/recovery.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "journal/definitions.h"
#include "journal/ending.h"
#include "journal/file_reader.h"
#include "journal/frame_decoder.h"
#include "journal/group.h"
#include "journal/group_scanner.h"
#include "journal/survey.h"
#include "journal/tail_search.h"

namespace perdure::journal {
namespace {

// Where the first groups of a prepared file would be, behind its header and definitions (J-13).
constexpr std::uint64_t prepared_window_bytes = 1ULL << 20;

class Recovery {
public:
    Recovery(io::FileSystem& files, const std::string& directory, const Uuid& world,
             const Watermark& from, Catalog& catalog, const Visitor& visit)
        : files_(files),
          directory_(directory),
          world_(world),
          from_(from),
          catalog_(catalog),
          visit_(visit),
          from_seen_(from.lsn == 0) {}

    Assessment run(Access access) {
        Assessment found;
        found.status = scan(access);
        if (!found.status.ok()) found.fault = fault_;
        found.findings = std::move(findings_);
        return found;
    }

private:
    Status scan(Access access) {
        PERDURE_TAKE(survey_, survey(files_, directory_, world_));
        findings_.remarks = survey_.remarks;
        findings_.next_file = survey_.next_file;
        findings_.epoch = survey_.epoch;
        findings_.attested = survey_.attested;
        PERDURE_TRY(check(survey_.predicates, survey_.trouble));
        if (access == Access::owner && !seeded_bug("journal: recovery flushes nothing"))
            PERDURE_TRY(flush_newest());
        if (survey_.used.empty()) return judge_empty();
        PERDURE_TRY(refuse_unknown_features());
        PERDURE_TAKE(const std::size_t first, first_file());
        for (std::size_t index = first; index < survey_.used.size(); ++index) {
            PERDURE_TRY(scan_file(index));
        }
        if (!from_seen_) {
            fault_ = Fault::ahead;
            return error(Code::corrupt,
                         "{}: the store is at LSN {}, ahead of the journal, which ends at {}; "
                         "bring back the newer journal, or restore a backup of the world; if that "
                         "journal is lost, `perdure repair DIR` sets this one aside and goes on "
                         "from the store: what only the journal held is lost",
                         directory_, from_.lsn, findings_.last);
        }
        findings_.epoch = std::max(findings_.epoch, from_.epoch);
        PERDURE_ASSERT(findings_.last >= from_.lsn);
        PERDURE_ASSERT(findings_.attested <= findings_.last);  // else the end was judged wrongly
        return {};
    }

    // A refusal, unless the table says that the journal may be opened.
    Status check(const Predicates& seen, std::string_view what) {
        const Verdict verdict = judge(seen);
        const VerdictMeaning& found = meaning(verdict);
        if (found.code == Code::ok) return {};
        fault_ = fault_of(verdict);
        return error(found.code, "the journal is {}: {}; {}", found.name, what, found.advice);
    }

    static Fault fault_of(Verdict verdict) noexcept {
        switch (verdict) {  // untaken: clean and torn are no refusals, and there is no other
            case Verdict::newer: return Fault::newer;
            case Verdict::foreign: return Fault::foreign;
            case Verdict::missing: return Fault::missing;
            case Verdict::damaged: return Fault::damaged;
            case Verdict::unreadable: return Fault::unreadable;
            case Verdict::clean:
            case Verdict::torn: break;
        }
        return Fault::none;
    }

    Status refuse_unknown_features() {
        if (!survey_.write_refused) return {};
        fault_ = Fault::newer;
        return error(
            Code::unsupported,
            "{}: written with features that this program can read but not write; use the newer "
            "program, or `perdure inspect`",
            directory_);
    }

    // A killed process leaves bytes that are read here but not yet on the disk; what is built on
    // them must not be durable before they are.
    Status flush_newest() {
        if (survey_.files.empty()) return {};
        PERDURE_TRY(files_.sync_directory(directory_));
        if (survey_.used.empty()) return {};
        const FileFound& newest = survey_.used_file(survey_.used.size() - 1);
        PERDURE_TAKE(const std::unique_ptr<io::File> file,
                     files_.open(newest.path, {.write = true}));
        return file->sync();
    }

    // No header was ever flushed. Then no group can be anywhere.
    Status judge_empty() {
        TailFound tail;
        PERDURE_TRY(search_other_files({.world_tag = world_tag(world_)}, true, tail));
        Predicates seen;
        seen.later = tail.later;
        seen.unreadable = tail.unreadable;
        PERDURE_TRY(check(seen, tail.later ? tail.where + ", but no file has a valid header"
                                           : directory_ + ": read errors"));
        findings_.epoch = std::max(findings_.epoch, from_.epoch);
        return {};
    }

    // The file with which to begin: the newest one that begins at or before the watermark.
    Result<std::size_t> first_file() {
        const FileFound& oldest = survey_.used_file(0);
        findings_.empty = false;
        findings_.first = oldest.header.first_lsn;
        if (from_.lsn < oldest.before()) {
            fault_ = Fault::behind;
            return error(Code::corrupt,
                         "{}: LSNs {} to {} are no longer in the journal, and the store is at {}; "
                         "bring back the journal files before {:016x}, or restore a backup of the "
                         "world; `perdure repair DIR` says what else can be done",
                         directory_, from_.lsn + 1, oldest.before(), from_.lsn, oldest.sequence);
        }
        std::size_t first = 0;
        while (first + 1 < survey_.used.size() &&
               survey_.used_file(first + 1).before() <= from_.lsn) {
            ++first;
        }
        PERDURE_ASSERT(first < survey_.used.size());
        PERDURE_ASSERT(survey_.used_file(first).before() <= from_.lsn);  // nothing is left out
        return first;
    }

    Status scan_file(std::size_t index) {
        const FileFound& file = survey_.used_file(index);
        const bool newest = index + 1 == survey_.used.size();
        std::optional<std::uint64_t> cut;
        if (!newest) cut = survey_.used_file(index + 1).header.previous_bytes;
        PERDURE_TAKE(FileReader reader,
                     FileReader::open(files_, file.path, FileReader::scan_bytes));
        PERDURE_TRY(take_definitions(reader, file.header));
        findings_.attested = std::max(findings_.attested, file.header.durable_lsn);
        PERDURE_TRY(check_history(file.before(), file.header.epoch, file.header.chain, file.path));

        GroupScanner scanner(reader, file.header, cut);
        for (;;) {
            PERDURE_TAKE(const std::optional<ScannedGroup> group, scanner.next());
            if (!group) break;
            if (Status status = take_group(*group, file); !status.ok()) {
                valid_before(group->header);
                return status;
            }
        }
        findings_.last = scanner.last();
        findings_.chain = scanner.chain();
        findings_.next_group = scanner.next_group();
        findings_.newest_file = file.sequence;
        findings_.valid_bytes = scanner.offset();
        Status status = newest ? judge_end(reader, scanner, file)
                               : check_cut(scanner, file, survey_.used_file(index + 1));
        findings_.bytes_read += reader.bytes_read();
        return status;
    }

    // A group whose checksums are right, and whose content is refused.
    void valid_before(const GroupHeader& header) {
        findings_.last = header.first_lsn - 1;
        findings_.chain = header.chain_before;
        findings_.next_group = header.group;
        findings_.newest_file = header.file;
        findings_.valid_bytes = header.offset;
    }

    Status take_definitions(FileReader& reader, const FileHeader& header) {
        PERDURE_TAKE(const ByteSpan bytes, reader.read(headers_bytes, header.definitions_bytes));
        auto definitions = decode_definitions(bytes, header.definitions);
        if (!definitions) {
            fault_ = Fault::damaged;
            return definitions.status().with_context(reader.path());
        }
        return add_definitions(*definitions, reader.path());
    }

    Status add_definitions(const std::vector<TableDefinition>& definitions,
                           const std::string& path) {
        for (const TableDefinition& definition : definitions) {
            if (Status status = catalog_.add(definition); !status.ok()) {
                fault_ = Fault::damaged;
                return status.with_context(path);
            }
        }
        return {};
    }

    // At the end of a group, and at the head of a file: is this where the store says it is?
    Status check_history(Lsn lsn, std::uint64_t epoch, const Hash128& chain,
                         const std::string& path) {
        if (lsn != from_.lsn || lsn == 0) return {};
        from_seen_ = true;
        if (chain == from_.chain || seeded_bug("journal: histories are not compared")) return {};
        fault_ = Fault::apart;
        return error(Code::corrupt,
                     "{}: at LSN {} the journal's history is {} (epoch {}), the store's is {} "
                     "(epoch {}): they belong to different runs of this world; bring together the "
                     "two that match",
                     path, lsn, chain.hex(), epoch, from_.chain.hex(), from_.epoch);
    }

    Status take_group(const ScannedGroup& group, const FileFound& file) {
        const GroupHeader& header = group.header;
        findings_.attested = std::max(findings_.attested, header.durable_lsn);
        if (header.kind == GroupKind::attest) return {};
        if (header.last_lsn() <= from_.lsn) {
            PERDURE_TRY(check_history(header.last_lsn(), header.epoch, group.chain, file.path));
            if (header.last_lsn() == from_.lsn && from_.epoch < header.epoch) {
                fault_ = Fault::apart;
                return error(
                    Code::corrupt,
                    "{} at offset {}: LSN {} is of epoch {}, and the store has it from epoch {}",
                    file.path, header.offset, from_.lsn, header.epoch, from_.epoch);
            }
            return take_old_definitions(group, file);
        }
        if (header.first_lsn <= from_.lsn) {
            fault_ = Fault::apart;
            return error(Code::corrupt,
                         "{} at offset {}: the store is at LSN {}, in the middle of the group of "
                         "LSNs {} to {}",
                         file.path, header.offset, from_.lsn, header.first_lsn, header.last_lsn());
        }
        GroupFound found;
        found.address = {header.file, header.offset, header.group_bytes()};
        found.epoch = header.epoch;
        found.group = header.group;
        found.last = header.last_lsn();
        found.chain = group.chain;
        auto changes = decode_group(header, group.bytes, catalog_);
        if (!changes) return damaged_frames(file, header, changes.status());
        found.changes = *std::move(changes);
        PERDURE_ASSERT(found.changes.size() == header.frames);
        PERDURE_ASSERT(found.changes.front().lsn > from_.lsn);
        PERDURE_ASSERT(found.changes.back().lsn == found.last);
        PERDURE_TRY(add_definitions(found.changes.back().definitions, file.path));
        if (seeded_bug("journal: half a group is adopted"))
            found.changes.resize((found.changes.size() + 1) / 2);
        return visit_(std::move(found));
    }

    // Change sets at or below the watermark are not decoded, except for definitions: later frames
    // need them.
    Status take_old_definitions(const ScannedGroup& group, const FileFound& file) {
        const GroupHeader& header = group.header;
        if ((header.flags & group_flag_definitions) == 0) return {};
        if (seeded_bug("journal: old definitions are passed over")) return {};
        ByteSpan payload = group.bytes.subspan(group_header_bytes, header.payload_bytes);
        for (Lsn lsn = header.first_lsn; lsn <= header.last_lsn(); ++lsn) {
            auto frame = next_frame(payload, lsn);
            if (!frame) return damaged_frames(file, header, frame.status());
            if (frame->kind != FrameKind::definitions) continue;
            auto definitions = frame_definitions(*frame);
            if (!definitions) return damaged_frames(file, header, definitions.status());
            PERDURE_TRY(add_definitions(*definitions, file.path));
        }
        return {};
    }

    Status damaged_frames(const FileFound& file, const GroupHeader& header, const Status& status) {
        fault_ = Fault::damaged;
        return status.with_context(text::format("{} at offset {}, LSNs {} to {}", file.path,
                                                header.offset, header.first_lsn,
                                                header.last_lsn()));
    }

    // J-8.
    Status check_cut(const GroupScanner& scanner, const FileFound& file, const FileFound& next) {
        const FileHeader& header = next.header;
        if (scanner.offset() == header.previous_bytes && scanner.last() == next.before() &&
            scanner.next_group() == header.first_group && scanner.chain() == header.chain) {
            return {};
        }
        Predicates seen;
        seen.later = true;
        return check(
            seen, text::format(
                      "{} at offset {}: {}, but the next file goes on after group {}; LSNs {} to "
                      "{} are lost",
                      file.path, scanner.offset(), scanner.why(), header.first_group - 1,
                      scanner.last() + 1, next.before()));
    }

    Status judge_end(FileReader& reader, const GroupScanner& scanner, const FileFound& file) {
        const TailQuery query{world_tag(world_), file.header.epoch, scanner.next_group() - 1,
                              &scanner, file.sequence};
        PERDURE_TAKE(TailFound tail, search_tail(reader, scanner.offset(), file.bytes, query));

        const auto& stranger = scanner.stopped_at();
        const bool unfinished = stranger && scanner.is_next(*stranger);
        const bool recycled = (file.header.flags & file_flag_recycled) != 0;
        Predicates seen;
        seen.foreign = stranger && stranger->world_tag != world_tag(world_);
        seen.remains = unfinished || (!recycled && tail.nonzero_end != 0);
        PERDURE_TRY(search_other_files(query, seen.remains, tail));
        seen.later = tail.later;
        seen.ahead = std::max(findings_.attested, tail.durable) > findings_.last;
        seen.unreadable =
            scanner.offset() < file.bytes && reader.unreadable(scanner.offset(), block_bytes);
        seen.unreadable |= seen.remains && tail.unreadable;
        PERDURE_TRY(check(seen, describe_end(scanner, file, seen, tail)));
        if (tail.unreadable) {
            findings_.remarks.push_back(text::format(
                "{}: read errors behind the last group, where nothing was written", file.path));
        }
        if (judge(seen) == Verdict::torn) note_torn(scanner, file, tail, unfinished);
        return {};
    }

    static std::string describe_end(const GroupScanner& scanner, const FileFound& file,
                                    const Predicates& seen, const TailFound& tail) {
        std::string text = text::format("{} at offset {}, after LSN {}: {}", file.path,
                                        scanner.offset(), scanner.last(), scanner.why());
        if (seen.later) {
            text +=
                text::format(", but {}; LSNs from {} to at least {} are lost", tail.where,
                             scanner.last() + 1, std::max(tail.later_lsn - 1, scanner.last() + 1));
        }
        if (seen.unreadable) text += ", and the disk has read errors there";
        return text;
    }

    void note_torn(const GroupScanner& scanner, const FileFound& file, const TailFound& tail,
                   bool unfinished) {
        std::uint64_t end = tail.nonzero_end;
        if (unfinished) {
            const std::uint64_t claimed = scanner.offset() + scanner.stopped_at()->group_bytes();
            const bool recycled = (file.header.flags & file_flag_recycled) != 0;
            end = recycled ? claimed : std::max(claimed, end);
        }
        end = std::min(std::max(end, scanner.offset() + block_bytes), file.bytes);
        PERDURE_ASSERT(end > scanner.offset());  // there is something to keep
        PERDURE_ASSERT(end <= file.bytes);
        findings_.ending = Ending::torn;
        findings_.torn = {file.sequence, scanner.offset(), end - scanner.offset()};
        findings_.remarks.push_back(text::format(
            "{} at offset {}, after LSN {}: {}; {} bytes of a group that was never acknowledged "
            "are cut off",
            file.path, scanner.offset(), scanner.last(), scanner.why(), findings_.torn.bytes));
    }

    // The files behind the newest used one: those without a valid header whole, prepared ones where
    // their first groups would be, or whole too (J-13).
    Status search_other_files(TailQuery query, bool all_of_it, TailFound& tail) {
        const std::uint64_t behind = query.file;
        for (const FileFound& file : survey_.files) {
            if (file.sequence <= behind || file.bytes <= headers_bytes) continue;
            PERDURE_ASSERT(file.state == FileFound::State::headless ||
                           file.state == FileFound::State::prepared);  // else it was refused
            std::uint64_t end = file.bytes;
            if (file.state == FileFound::State::prepared && !all_of_it) {
                end = headers_bytes + definitions_bytes() + prepared_window_bytes;
            }
            PERDURE_TAKE(FileReader reader,
                         FileReader::open(files_, file.path, FileReader::scan_bytes));
            query.file = file.sequence;
            PERDURE_TAKE(const TailFound found, search_tail(reader, headers_bytes, end, query));
            findings_.bytes_read += reader.bytes_read();
            tail.add(found);
        }
        return {};
    }

    [[nodiscard]] std::uint64_t definitions_bytes() const {
        std::vector<std::byte> bytes;
        for (const TableDefinition* table : catalog_.tables()) encode_definition(*table, bytes);
        return round_up(bytes.size(), block_bytes);
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const Uuid& world_;
    const Watermark& from_;
    Catalog& catalog_;
    const Visitor& visit_;
    Survey survey_;
    Findings findings_;
    bool from_seen_;
    Fault fault_ = Fault::other;  // should it be refused
};

}  // namespace

Start Findings::start(const Uuid& world) const {
    PERDURE_ASSERT(next_file > newest_file);
    PERDURE_ASSERT((newest_file == 0) == (valid_bytes == 0));
    Start start;
    start.world = world;
    start.epoch = seeded_bug("journal: an epoch is used again") ? epoch : epoch + 1;
    start.next_file = next_file;
    start.next_group = next_group;
    start.last = last;
    start.chain = chain;
    start.previous_file = newest_file;
    start.previous_bytes = valid_bytes;
    return start;
}

Result<Findings> recover(io::FileSystem& files, const std::string& directory, const Uuid& world,
                         const Watermark& from, Catalog& catalog, const Visitor& visit,
                         Access access) {
    Assessment found = Recovery(files, directory, world, from, catalog, visit).run(access);
    if (!found.status.ok()) return found.status;
    return std::move(found.findings);
}

Assessment assess(io::FileSystem& files, const std::string& directory, const Uuid& world,
                  const Watermark& from, Catalog& catalog, const Visitor& visit) {
    return Recovery(files, directory, world, from, catalog, visit).run(Access::onlooker);
}

}  // namespace perdure::journal
