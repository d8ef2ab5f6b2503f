#include "engine/world_directory.h"

#include <array>
#include <random>
#include <utility>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "base/utc.h"
#include "io/process.h"

namespace perdure::engine {
namespace {

// docs/format/identity.md
constexpr std::string_view magic = "PERDUREW";
constexpr std::size_t identity_bytes = 64;
constexpr std::size_t checksum_offset = 56;
constexpr std::uint16_t format_major = 1;

std::array<std::byte, identity_bytes> encode(const Identity& identity) {
    std::array<std::byte, identity_bytes> bytes{};
    std::memcpy(bytes.data(), magic.data(), magic.size());
    store_le(bytes.data() + 8, identity.format_major);
    store_le(bytes.data() + 10, identity.format_minor);
    std::memcpy(bytes.data() + 16, identity.world.bytes.data(), 16);
    store_le(bytes.data() + 32, identity.created_us);
    store_le(bytes.data() + checksum_offset, checksum64(ByteSpan(bytes.data(), checksum_offset)));
    return bytes;
}

}  // namespace

Uuid random_uuid() {
    std::random_device device;
    Uuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); i += 4)
        store_le(uuid.bytes.data() + i, device());
    // RFC 9562, version 4, variant 10.
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0F}) | std::byte{0x40};
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return uuid;
}

Status WorldDirectory::lock(const io::Clock& clock) {
    PERDURE_ASSERT(!lock_);
    const std::string owner =
        text::format("process {}, since {}", io::process_id(), utc_text(clock.wall_us()));
    PERDURE_TAKE(lock_, files_.lock(io::join_path(path_, "lock"), owner));
    return {};
}

std::optional<std::string> WorldDirectory::owner() const {
    const Status probe = files_.probe_lock(io::join_path(path_, "lock"));
    if (probe.code() != Code::locked) return std::nullopt;
    return std::string(probe.message());
}

Result<Identity> WorldDirectory::read_identity() const {
    const std::string path = io::join_path(path_, "identity");
    PERDURE_TAKE(const bool there, files_.exists(path));
    if (!there) {
        return error(Code::not_found,
                     "{}: there is no world here (no file 'identity'); make one with "
                     "'perdure init {}'",
                     path_, path_);
    }
    PERDURE_TAKE(const std::string text, io::read_file(files_, path, 4096));
    const ByteSpan bytes = as_bytes(text);
    if (bytes.size() != identity_bytes || as_text(bytes.first(8)) != magic) {
        return error(Code::corrupt,
                     "{}: not an identity file ({} bytes, {} expected); restore it from a "
                     "backup of this world, or let `perdure repair DIR` write it anew",
                     path, bytes.size(), identity_bytes);
    }
    if (load_le<std::uint64_t>(bytes.data() + checksum_offset) !=
        checksum64(bytes.first(checksum_offset))) {
        return error(Code::corrupt,
                     "{}: the checksum at offset {} does not match; restore it from a "
                     "backup of this world, or let `perdure repair DIR` write it anew",
                     path, checksum_offset);
    }
    Identity identity;
    identity.format_major = load_le<std::uint16_t>(bytes.data() + 8);
    identity.format_minor = load_le<std::uint16_t>(bytes.data() + 10);
    if (identity.format_major > format_major) {
        return error(Code::unsupported,
                     "{}: written by a newer Perdure (format {}.{}, this one reads up to "
                     "{}); open it with that version",
                     path_, identity.format_major, identity.format_minor, format_major);
    }
    std::memcpy(identity.world.bytes.data(), bytes.data() + 16, 16);
    identity.created_us = load_le<std::int64_t>(bytes.data() + 32);
    return identity;
}

Result<Identity> WorldDirectory::create(const Uuid& world, const io::Clock& clock) {
    PERDURE_TRY(files_.create_directory(journal()));
    PERDURE_TRY(files_.create_directory(quarantine()));
    PERDURE_TRY(files_.sync_directory(path_));
    // The world's own name, too: its directory may be new.
    if (!seeded_bug("engine: a new world's name is not flushed"))
        PERDURE_TRY(files_.sync_directory(io::parent_path(path_)));
    Identity identity;
    identity.world = world;
    identity.created_us = clock.wall_us();
    PERDURE_TRY(write_identity(identity));
    return identity;
}

Status WorldDirectory::write_identity(const Identity& identity) {
    return io::replace_file(files_, path_, "identity", encode(identity));
}

Status WorldDirectory::check_no_repair_waits() const {
    PERDURE_TAKE(const bool waits, files_.exists(rebuilt_store()));
    if (!waits) return {};
    return error(Code::corrupt,
                 "{}: a repair of the store was cut short; `perdure repair DIR --remedy "
                 "rebuild-store` goes on with it",
                 rebuilt_store());
}

}  // namespace perdure::engine
