// The file `identity`: as it is, and again with its checksum put right.
#include "base/assert.h"
#include "base/checksum.h"
#include "engine/world_directory.h"
#include "fuzz/target.h"
#include "io/memory_file_system.h"

namespace perdure::fuzz {
namespace {

constexpr std::size_t identity_size = 64;
constexpr std::size_t identity_checksum_at = 56;

class StandingClock final : public io::Clock {
public:
    explicit StandingClock(std::int64_t wall_us) : wall_us_(wall_us) {}
    [[nodiscard]] std::uint64_t monotonic_ns() const override { return 0; }
    [[nodiscard]] std::int64_t wall_us() const override { return wall_us_; }

private:
    std::int64_t wall_us_;
};

std::uint64_t identity_checksum(ByteSpan bytes) {
    return checksum64(bytes.first(identity_checksum_at));
}

void check_made_again(const engine::Identity& identity) {
    io::MemoryFileSystem disk;
    PERDURE_ASSERT(disk.create_directory("again").ok());
    engine::WorldDirectory directory(disk, "again");
    PERDURE_ASSERT(directory.create(identity.world, StandingClock(identity.created_us)).ok());
    const auto read = directory.read_identity();
    PERDURE_ASSERT(read.ok());
    PERDURE_ASSERT(read->world == identity.world && read->created_us == identity.created_us);
}

Outcome read_identity_of(ByteSpan bytes) {
    io::MemoryFileSystem disk;
    PERDURE_ASSERT(disk.create_directory("world").ok());
    PERDURE_ASSERT(io::replace_file(disk, "world", "identity", bytes).ok());
    const auto read = engine::WorldDirectory(disk, "world").read_identity();
    if (!read) return refused(read.status(), {Code::corrupt, Code::unsupported});
    PERDURE_ASSERT(bytes.size() == identity_size);
    PERDURE_ASSERT(load_le<std::uint64_t>(bytes.data() + identity_checksum_at) ==
                   identity_checksum(bytes));
    check_made_again(*read);
    return Outcome::taken;
}

}  // namespace

Outcome identity(ByteSpan input) {
    const Outcome as_it_is = read_identity_of(input);
    if (input.size() != identity_size) return as_it_is;
    std::vector<std::byte> sealed = copy_of(input);
    store_le(sealed.data() + identity_checksum_at, identity_checksum(sealed));
    static_cast<void>(read_identity_of(sealed));
    return as_it_is;
}

}  // namespace perdure::fuzz
