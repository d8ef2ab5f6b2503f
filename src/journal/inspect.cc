#include "journal/inspect.h"

#include <utility>

#include "base/error.h"
#include "journal/definitions.h"
#include "journal/file_reader.h"
#include "journal/frame_decoder.h"
#include "journal/group.h"
#include "journal/group_scanner.h"

namespace perdure::journal {
namespace {

class Inspector {
public:
    Inspector(io::FileSystem& files, const std::string& directory, const Inspection& inspection)
        : files_(files), directory_(directory), inspection_(inspection) {}

    Status run() {
        PERDURE_TAKE(survey_, survey(files_, directory_, std::nullopt));
        for (const std::string& text : survey_.remarks) PERDURE_TRY(remark(text));
        if (!survey_.trouble.empty()) PERDURE_TRY(remark(survey_.trouble));
        for (std::size_t index = 0; index < survey_.files.size(); ++index) {
            PERDURE_TRY(show_file(index));
        }
        return {};
    }

private:
    Status remark(std::string_view text) const {
        return inspection_.remark ? inspection_.remark(text) : Status();
    }

    // Where the groups of that file end, if a later file says so.
    [[nodiscard]] std::optional<std::uint64_t> cut_of(const FileFound& file) const {
        for (const std::size_t index : survey_.used) {
            const FileHeader& header = survey_.files[index].header;
            if (header.previous_file == file.sequence) return header.previous_bytes;
        }
        return std::nullopt;
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
            return remark(text::format("{}: {}", file.path, definitions.status().message()));
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
                PERDURE_TRY(remark(text::format("{}: {}", file.path, status.message())));
            }
        }
        return {};
    }

    Status show_groups(FileReader& reader, const FileFound& file) {
        const auto cut = cut_of(file);
        GroupScanner scanner(reader, file.header, cut);
        for (;;) {
            PERDURE_TAKE(const std::optional<ScannedGroup> group, scanner.next());
            if (!group) break;
            PERDURE_TRY(show_group(*group, file));
        }
        if (scanner.offset() == scanner.limit()) return {};
        return remark(text::format("{}: the groups end at offset {} of {}: {}", file.path,
                                   scanner.offset(), scanner.limit(), scanner.why()));
    }

    Status show_group(const ScannedGroup& group, const FileFound& file) {
        GroupSeen seen;
        seen.address = {group.header.file, group.header.offset, group.header.group_bytes()};
        seen.header = group.header;
        seen.chain = group.chain;
        if (const Status status = decode(group, seen); !status.ok()) {
            PERDURE_TRY(remark(text::format("{} at offset {}: {}", file.path, group.header.offset,
                                            status.message())));
        } else if (!seen.changes.empty()) {
            PERDURE_TRY(learn(seen.changes.back().definitions, file));
        }
        return inspection_.group ? inspection_.group(seen) : Status();
    }

    Status decode(const ScannedGroup& group, GroupSeen& seen) {
        FrameDecoder decoder(catalog_);
        ByteSpan payload = group.bytes.subspan(group_header_bytes, group.header.payload_bytes);
        for (std::uint32_t index = 0; index < group.header.frames; ++index) {
            PERDURE_TAKE(const Frame frame, next_frame(payload, group.header.first_lsn + index));
            PERDURE_TAKE(ChangeSet changes, decoder.decode(frame));
            seen.changes.push_back(std::move(changes));
            seen.frame_bytes.push_back(frame.bytes);
        }
        return {};
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const Inspection& inspection_;
    Survey survey_;
    Catalog catalog_;  // grows as definitions are met
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
