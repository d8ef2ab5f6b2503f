#include "journal/behind.h"

#include <algorithm>
#include <set>

#include "base/assert.h"
#include "base/error.h"
#include "journal/definitions.h"
#include "journal/file_header.h"
#include "journal/file_reader.h"
#include "journal/frame_decoder.h"
#include "journal/group.h"

namespace perdure::journal {
namespace {

class BehindReader {
public:
    BehindReader(const Uuid& world, Lsn after, Catalog& catalog,
                 const std::function<void(const ChangeSet&)>& visit)
        : world_(world), after_(after), catalog_(catalog), visit_(visit) {}

    Status read(FileReader& reader, std::uint64_t from) {
        std::uint64_t offset = from;
        named_until_ = 0;
        if (from == 0 && reader.file_bytes() >= headers_bytes) {
            PERDURE_TAKE(const ByteSpan headers, reader.read(0, headers_bytes));
            const HeaderFound head = read_file_header(headers);
            if (head.state == HeaderFound::State::valid && head.header.world == world_) {
                PERDURE_TRY(take_head(reader, head.header));
                offset = headers_bytes;
            }
        }
        while (offset + block_bytes <= reader.file_bytes()) {
            PERDURE_TAKE(const ByteSpan block, reader.read(offset, block_bytes));
            const auto header = read_group_header(block.data());
            const bool ours = header && header->world_tag == world_tag(world_);
            const bool blank = std::all_of(block.begin(), block.end(),
                                           [](std::byte byte) { return byte == std::byte{0}; });
            PERDURE_TAKE(const std::uint64_t taken,
                         ours ? take_group(reader, offset, *header) : Result<std::uint64_t>(0U));
            PERDURE_ASSERT(taken % block_bytes == 0);
            const bool named = ours || offset < named_until_;
            if (!named && !blank) seen_.nameless_bytes += block_bytes;
            offset += std::max(taken, block_bytes);
        }
        return {};
    }

    [[nodiscard]] const BehindSeen& seen() const noexcept { return seen_; }

private:
    // All that came before is below it, whatever it was.
    void know(Lsn lsn) {
        seen_.last = std::max(seen_.last, lsn);
        seen_.nameless_bytes = 0;
    }

    Status take_head(FileReader& reader, const FileHeader& header) {
        know(header.first_lsn - 1);
        PERDURE_TAKE(const ByteSpan bytes, reader.read(headers_bytes, header.definitions_bytes));
        if (bytes.size() < header.definitions_bytes ||
            checksum64(bytes) != header.definitions_checksum) {
            return {};
        }
        const auto definitions = decode_definitions(bytes, header.definitions);
        if (definitions) learn(*definitions);
        return {};
    }

    // A definition that contradicts what is known belongs to damage: its rows stay unread.
    void learn(const std::vector<TableDefinition>& definitions) {
        for (const TableDefinition& definition : definitions) {
            static_cast<void>(catalog_.add(definition).ok());
        }
    }

    // The bytes of the group, or 0 if it is not whole.
    Result<std::uint64_t> take_group(FileReader& reader, std::uint64_t offset,
                                     const GroupHeader& header) {
        know(header.durable_lsn);
        if (header.kind == GroupKind::data) know(header.last_lsn());
        if (header.group_bytes() > reader.file_bytes() - offset) return std::uint64_t{0};
        named_until_ = offset + header.group_bytes();
        PERDURE_TAKE(const ByteSpan bytes, reader.read(offset, header.group_bytes()));
        if (bytes.size() < header.group_bytes() || !payload_holds(header, bytes)) {
            return std::uint64_t{0};
        }
        if (header.kind != GroupKind::data || header.first_lsn <= after_) {
            return header.group_bytes();
        }
        if (!visited_.insert(header.first_lsn).second) return header.group_bytes();
        const auto changes = decode_group(header, bytes, catalog_);
        if (!changes) return header.group_bytes();
        for (const ChangeSet& set : *changes) {
            PERDURE_ASSERT(set.lsn > after_);
            PERDURE_ASSERT(set.lsn <= seen_.last);
            learn(set.definitions);
            ++seen_.change_sets;
            visit_(set);
        }
        return header.group_bytes();
    }

    const Uuid& world_;
    const Lsn after_;
    Catalog& catalog_;
    const std::function<void(const ChangeSet&)>& visit_;
    BehindSeen seen_;
    std::uint64_t named_until_ = 0;  // in this file: the group whose header was read last
    std::set<Lsn> visited_;          // first LSNs of groups: a misplaced copy counts once
};

}  // namespace

Result<BehindSeen> read_behind(io::FileSystem& files, std::span<const Behind> places,
                               const Uuid& world, Lsn after, Catalog& catalog,
                               const std::function<void(const ChangeSet&)>& visit) {
    BehindReader behind(world, after, catalog, visit);
    for (const Behind& place : places) {
        PERDURE_TAKE(FileReader reader,
                     FileReader::open(files, place.path, FileReader::scan_bytes));
        PERDURE_TRY(behind.read(reader, place.from));
    }
    return behind.seen();
}

}  // namespace perdure::journal
