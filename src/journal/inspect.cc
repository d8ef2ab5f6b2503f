#include "journal/inspect.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "journal/definitions.h"
#include "journal/ending.h"
#include "journal/file_reader.h"
#include "journal/frame_decoder.h"
#include "journal/group.h"
#include "journal/group_scanner.h"
#include "journal/tail_search.h"

namespace perdure::journal {
namespace {

// Beside an owner, files go while they are listed. What is wrong at rest is wrong each time.
constexpr int looks_max = 3;

class Inspector {
public:
    Inspector(io::FileSystem& files, const std::string& directory, const Inspection& inspection)
        : files_(files), directory_(directory), inspection_(inspection) {}

    Status run() {
        for (int look = 0; look < looks_max; ++look) {
            PERDURE_TAKE(survey_, survey(files_, directory_, std::nullopt));
            if (survey_.trouble.empty()) break;
        }
        attested_ = survey_.attested;
        for (const std::string& text : survey_.remarks) PERDURE_TRY(remark(text));
        if (!survey_.trouble.empty()) {
            const Code code = meaning(judge(survey_.predicates)).code;
            PERDURE_TRY(damage(Status(code, survey_.trouble)));
        }
        for (std::size_t index = 0; index < survey_.files.size(); ++index) {
            PERDURE_TRY(show_file(index));
        }
        end_.durable = std::max(attested_, end_.durable);
        return inspection_.end ? inspection_.end(end_) : Status();
    }

private:
    Status remark(std::string_view text) const {
        return inspection_.remark ? inspection_.remark(text) : Status();
    }

    Status damage(const Status& status) const {
        return inspection_.damage ? inspection_.damage(status) : remark(status.message());
    }

    // An owner may trim a file while it is read: then what was seen in it means nothing.
    Status damage_in(const FileFound& file, std::string_view what) const {
        PERDURE_TAKE(const bool there, files_.exists(file.path));
        if (!there) return remark(text::format("{}: trimmed while it was read", file.path));
        return damage(error(Code::corrupt, "{}{}", file.path, what));
    }

    // The file that says where the groups of this one end.
    [[nodiscard]] const FileFound* successor_of(const FileFound& file) const {
        for (const std::size_t index : survey_.used) {
            const FileFound& other = survey_.files[index];
            if (other.header.previous_file == file.sequence) return &other;
        }
        return nullptr;
    }

    Status show_file(std::size_t index) {
        const FileFound& file = survey_.files[index];
        if (file.state != FileFound::State::used) return tell(file, {});
        auto reader = FileReader::open(files_, file.path, FileReader::scan_bytes);
        if (reader.status().code() == Code::not_found) {
            return remark(text::format("{}: trimmed while it was looked for", file.path));
        }
        if (!reader) return reader.status();
        PERDURE_TAKE(const ByteSpan bytes,
                     reader->read(headers_bytes, file.header.definitions_bytes));
        auto definitions = decode_definitions(bytes, file.header.definitions);
        if (!definitions) {
            PERDURE_TRY(tell(file, {}));
            return damage_in(file, text::format(": {}", definitions.status().message()));
        }
        PERDURE_TRY(tell(file, *definitions));
        PERDURE_TRY(learn(*definitions, file));
        return show_groups(*reader, file);
    }

    Status tell(const FileFound& file, const std::vector<TableDefinition>& definitions) const {
        return inspection_.file ? inspection_.file(file, definitions) : Status();
    }

    Status learn(const std::vector<TableDefinition>& definitions, const FileFound& file) {
        for (const TableDefinition& definition : definitions) {
            if (const Status status = catalog_.add(definition); !status.ok()) {
                PERDURE_TRY(damage_in(file, text::format(": {}", status.message())));
            }
        }
        return {};
    }

    Status show_groups(FileReader& reader, const FileFound& file) {
        const FileFound* const next = successor_of(file);
        std::optional<std::uint64_t> cut;
        if (next != nullptr) cut = next->header.previous_bytes;
        GroupScanner scanner(reader, file.header, cut);
        for (;;) {
            PERDURE_TAKE(const std::optional<ScannedGroup> group, scanner.next());
            if (!group) break;
            PERDURE_TRY(show_group(*group, file));
        }
        if (next != nullptr) return check_cut(scanner, file, *next);
        if (scanner.offset() < scanner.limit()) {
            PERDURE_TRY(remark(file.path + describe_end(scanner)));
        }
        const bool newest = !survey_.used.empty() &&
                            file.sequence == survey_.used_file(survey_.used.size() - 1).sequence;
        return newest ? check_end(reader, scanner, file) : Status();
    }

    static std::string describe_end(const GroupScanner& scanner) {
        return text::format(": the groups end at offset {} of {}: {}", scanner.offset(),
                            scanner.limit(), scanner.why());
    }

    Status check_cut(const GroupScanner& scanner, const FileFound& file,
                     const FileFound& next) const {
        if (scanner.offset() < scanner.limit()) return damage_in(file, describe_end(scanner));
        const FileHeader& header = next.header;
        if (scanner.last() == next.before() && scanner.next_group() == header.first_group &&
            scanner.chain() == header.chain) {
            return {};
        }
        return damage_in(file, text::format(": it ends after group {}, LSN {}, and the next file "
                                            "does not go on from there",
                                            scanner.next_group() - 1, scanner.last()));
    }

    // Behind the newest file's last valid group there may be a torn one, and nothing else (J-12).
    Status check_end(FileReader& reader, const GroupScanner& scanner, const FileFound& file) {
        end_.path = file.path;
        end_.offset = scanner.offset();
        end_.last = scanner.last();
        end_.why = scanner.why();
        TailQuery query{world_tag(file.header.world), file.header.epoch, scanner.next_group() - 1,
                        &scanner, file.sequence};
        PERDURE_TAKE(TailFound tail, search_tail(reader, scanner.offset(), file.bytes, query));
        const auto& next = scanner.stopped_at();
        const bool recycled = (file.header.flags & file_flag_recycled) != 0;
        end_.remains = (next && scanner.is_next(*next)) || (!recycled && tail.nonzero_end != 0);
        PERDURE_TRY(search_headless(query, tail));
        end_.durable = tail.durable;
        const bool ahead = std::max(attested_, tail.durable) > scanner.last();
        const bool unreadable =
            scanner.offset() < file.bytes && reader.unreadable(scanner.offset(), block_bytes);
        if (!tail.later && !ahead && !unreadable) return {};
        PERDURE_TAKE(const bool grows, grows_behind(scanner, file));
        if (grows) return {};
        end_.damaged = true;
        if (!tail.later && !ahead) {
            return damage(error(Code::io, "{}: read errors at offset {}, after LSN {}", file.path,
                                scanner.offset(), scanner.last()));
        }
        return damage_in(file,
                         text::format(" at offset {}, after LSN {}: {}, but {}", scanner.offset(),
                                      scanner.last(), scanner.why(),
                                      tail.later ? tail.where : "later change sets were durable"));
    }

    // Whether an owner wrote on meanwhile: then its groups were there before those behind them.
    [[nodiscard]] Result<bool> grows_behind(const GroupScanner& end, const FileFound& file) const {
        PERDURE_TAKE(FileReader reader,
                     FileReader::open(files_, file.path, FileReader::scan_bytes));
        GroupScanner scanner(reader, file.header, std::nullopt);
        for (;;) {
            PERDURE_TAKE(const std::optional<ScannedGroup> group, scanner.next());
            if (!group) return scanner.offset() != end.offset();
        }
    }

    // Files without a valid header behind the newest one that has one.
    Status search_headless(TailQuery query, TailFound& tail) const {
        const std::uint64_t newest = query.file;
        for (const FileFound& file : survey_.files) {
            if (file.sequence <= newest || file.state != FileFound::State::headless) continue;
            auto reader = FileReader::open(files_, file.path, FileReader::scan_bytes);
            if (reader.status().code() == Code::not_found) continue;
            if (!reader) return reader.status();
            query.file = file.sequence;
            PERDURE_TAKE(const TailFound found,
                         search_tail(*reader, headers_bytes, file.bytes, query));
            if (!found.later) continue;
            // An owner may have been writing the header when we looked.
            PERDURE_TAKE(const Survey now, survey(files_, directory_, std::nullopt));
            const bool still =
                std::any_of(now.files.begin(), now.files.end(), [&](const FileFound& other) {
                    return other.sequence == file.sequence &&
                           other.state == FileFound::State::headless;
                });
            if (still) tail.add(found);
        }
        return {};
    }

    Status show_group(const ScannedGroup& group, const FileFound& file) {
        GroupSeen seen;
        seen.address = {group.header.file, group.header.offset, group.header.group_bytes()};
        seen.header = group.header;
        seen.chain = group.chain;
        attested_ = std::max(attested_, group.header.durable_lsn);
        if (const Status status = decode(group, seen); !status.ok()) {
            PERDURE_TRY(damage_in(
                file, text::format(" at offset {}: {}", group.header.offset, status.message())));
        } else if (!seen.changes.empty()) {
            PERDURE_TRY(learn(seen.changes.back().definitions, file));
        }
        PERDURE_ASSERT(seen.frame_bytes.size() == seen.changes.size());
        return inspection_.group ? inspection_.group(seen) : Status();
    }

    Status decode(const ScannedGroup& group, GroupSeen& seen) {
        FrameDecoder decoder(catalog_);
        ByteSpan payload = group.bytes.subspan(group_header_bytes, group.header.payload_bytes);
        for (std::uint32_t index = 0; index < group.header.frames; ++index) {
            PERDURE_TAKE(const Frame frame, next_frame(payload, group.header.first_lsn + index));
            PERDURE_TRY(check_place(frame, group.header));
            PERDURE_TAKE(ChangeSet changes, decoder.decode(frame));
            seen.changes.push_back(std::move(changes));
            seen.frame_bytes.push_back(frame.bytes);
        }
        if (!payload.empty()) {
            return error(Code::corrupt, "{} bytes follow its frames", payload.size());
        }
        return {};
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const Inspection& inspection_;
    Survey survey_;
    Catalog catalog_;   // grows as definitions are met
    Lsn attested_ = 0;  // the highest LSN that a header calls durable
    EndSeen end_;
};

}  // namespace

Status inspect(io::FileSystem& files, const std::string& directory, const Inspection& inspection) {
    return Inspector(files, directory, inspection).run();
}

std::string_view state_name(FileFound::State state) noexcept {
    switch (state) {
        case FileFound::State::used: return "used";
        case FileFound::State::prepared: return "prepared";
        case FileFound::State::headless: return "headless";
        case FileFound::State::newer: return "newer";
    }
    return "unknown";
}

}  // namespace perdure::journal
