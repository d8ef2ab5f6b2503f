// Raw: the least a durable tick can cost on this machine, the yardstick for everything else.
//
// A tick is one record, written by one pwrite and one fdatasync into a file written in full
// beforehand:
//
//   header (64 bytes): tick, payload bytes, rows per component, XXH3-64 of the payload
//   per component:     key width, first key, key deltas (1, 2 or 4 bytes each), values
//   zeros up to a multiple of 4 KiB
//
// The values are gathered from the world's arrays, as an engine has to.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "peers/raw_file.h"
#include "peers/tick_peers.h"

namespace perdure::bench {
namespace {

constexpr std::uint64_t file_bytes_max = std::uint64_t{16} << 30;

struct RecordHeader {
    std::uint64_t tick;
    std::uint64_t payload_bytes;
    std::uint64_t rows[4];
    std::uint64_t checksum;
    std::uint64_t unused;
};
static_assert(sizeof(RecordHeader) == 64);

struct ColumnHeader {
    std::uint32_t first_key;
    std::uint32_t delta_bytes;
};

template <typename Delta>
std::byte* put_deltas(std::byte* out, std::span<const std::uint32_t> keys) {
    for (std::size_t row = 1; row < keys.size(); ++row) {
        const auto delta = static_cast<Delta>(keys[row] - keys[row - 1]);
        std::memcpy(out + (row - 1) * sizeof delta, &delta, sizeof delta);
    }
    return out + (keys.size() - 1) * sizeof(Delta);
}

std::uint32_t largest_delta(std::span<const std::uint32_t> keys) {
    std::uint32_t largest = 0;
    for (std::size_t row = 1; row < keys.size(); ++row) {
        largest = std::max(largest, keys[row] - keys[row - 1]);
    }
    return largest;
}

template <typename Value>
std::byte* put_column(std::byte* out, std::span<const std::uint32_t> keys,
                      const std::vector<Value>& world) {
    if (keys.empty()) {
        return out;
    }
    const std::uint32_t largest = largest_delta(keys);
    const ColumnHeader header{keys.front(), largest <= 0xff ? 1U : largest <= 0xffff ? 2U : 4U};
    std::memcpy(out, &header, sizeof header);
    out += sizeof header;
    out = header.delta_bytes == 1   ? put_deltas<std::uint8_t>(out, keys)
          : header.delta_bytes == 2 ? put_deltas<std::uint16_t>(out, keys)
                                    : put_deltas<std::uint32_t>(out, keys);
    for (const std::uint32_t key : keys) {
        std::memcpy(out, &world[key], sizeof(Value));
        out += sizeof(Value);
    }
    return out;
}

template <typename Value>
const std::byte* take_column(const std::byte* in, std::uint64_t rows, std::vector<Value>& world) {
    if (rows == 0) {
        return in;
    }
    ColumnHeader header;
    std::memcpy(&header, in, sizeof header);
    const std::byte* delta = in + sizeof header;
    const std::byte* value = delta + (rows - 1) * header.delta_bytes;
    std::uint32_t key = header.first_key;
    for (std::uint64_t row = 0; row < rows; ++row) {
        if (row > 0) {
            std::uint32_t step = 0;
            std::memcpy(&step, delta, header.delta_bytes);
            delta += header.delta_bytes;
            key += step;
        }
        std::memcpy(&world.at(key), value, sizeof(Value));
        value += sizeof(Value);
    }
    return value;
}

std::size_t record_bytes_max(std::size_t moved, std::size_t hurt, std::size_t looted) {
    const std::size_t values = moved * (sizeof(Position) + sizeof(Velocity)) +
                               hurt * sizeof(Health) + looted * sizeof(Inventory);
    const std::size_t keys = sizeof(std::uint32_t) * (2 * moved + hurt + looted);
    return round_up_to_block(sizeof(RecordHeader) + 4 * sizeof(ColumnHeader) + values + keys);
}

// Room for the whole world first, then for every tick at its largest.
std::uint64_t file_bytes(const TickPeerSetup& setup, std::uint64_t record_max) {
    const TickWorkloadOptions& size = setup.workload;
    const std::uint64_t first = record_bytes_max(size.entities, size.entities, size.entities);
    const std::uint64_t bytes = first + setup.ticks * record_max;
    if (bytes > file_bytes_max) {
        throw std::runtime_error("raw would need " + std::to_string(bytes >> 20) +
                                 " MiB for that many ticks; ask for fewer");
    }
    return bytes;
}

class RawTickPeer final : public TickPeer {
public:
    RawTickPeer(const TickPeerSetup& setup, WriteMode mode)
        : entities_(setup.workload.entities),
          record_(std::max(
              record_bytes_max(setup.workload.moved, setup.workload.hurt, setup.workload.looted),
              record_bytes_max(entities_, entities_, entities_))),
          file_(setup.directory / "ticks.log",
                file_bytes(setup, record_bytes_max(setup.workload.moved, setup.workload.hurt,
                                                   setup.workload.looted)),
                mode) {}

    void load(const WorldArrays& world) override {
        std::vector<std::uint32_t> everyone(entities_);
        for (std::uint32_t entity = 0; entity < entities_; ++entity) {
            everyone[entity] = entity;
        }
        append(0, everyone, everyone, everyone, everyone, world);
    }

    void commit(const TickChanges& changes, const WorldArrays& world) override {
        append(changes.tick, changes.positions.entities, changes.velocities.entities,
               changes.healths.entities, changes.inventories.entities, world);
    }

    WorldArrays read_back() override {
        WorldArrays world = WorldArrays::of_size(entities_);
        std::uint64_t offset = 0;
        for (std::uint64_t tick = 0; tick <= last_tick_; ++tick) {
            offset += replay(tick, offset, world);
        }
        return world;
    }

private:
    using Keys = std::span<const std::uint32_t>;

    void append(std::uint64_t tick, Keys moved, Keys sped, Keys hurt, Keys looted,
                const WorldArrays& world) {
        std::byte* const payload = record_.data() + sizeof(RecordHeader);
        std::byte* end = put_column(payload, moved, world.positions);
        end = put_column(end, sped, world.velocities);
        end = put_column(end, hurt, world.healths);
        end = put_column(end, looted, world.inventories);
        const auto payload_bytes = static_cast<std::size_t>(end - payload);
        const RecordHeader header{tick,
                                  payload_bytes,
                                  {moved.size(), sped.size(), hurt.size(), looted.size()},
                                  XXH3_64bits_withSeed(payload, payload_bytes, tick),
                                  0};
        std::memcpy(record_.data(), &header, sizeof header);
        const std::size_t length = round_up_to_block(sizeof header + payload_bytes);
        std::memset(end, 0, length - sizeof header - payload_bytes);
        file_.write(record_.first(length), offset_);
        file_.flush();
        offset_ += length;
        last_tick_ = tick;
    }

    std::uint64_t replay(std::uint64_t tick, std::uint64_t offset, WorldArrays& world) {
        file_.read(record_.first(block_bytes), offset);
        RecordHeader header;
        std::memcpy(&header, record_.data(), sizeof header);
        const std::size_t length = round_up_to_block(sizeof header + header.payload_bytes);
        if (header.tick != tick || length > record_.size()) {
            throw std::runtime_error("raw: no record of tick " + std::to_string(tick));
        }
        file_.read(record_.first(length), offset);
        const std::byte* payload = record_.data() + sizeof header;
        if (XXH3_64bits_withSeed(payload, header.payload_bytes, tick) != header.checksum) {
            throw std::runtime_error("raw: damaged record of tick " + std::to_string(tick));
        }
        payload = take_column(payload, header.rows[0], world.positions);
        payload = take_column(payload, header.rows[1], world.velocities);
        payload = take_column(payload, header.rows[2], world.healths);
        take_column(payload, header.rows[3], world.inventories);
        return length;
    }

    std::uint32_t entities_;
    BlockBuffer record_;
    RawFile file_;
    std::uint64_t offset_ = 0;
    std::uint64_t last_tick_ = 0;
};

TickPeerVariant variant(std::string name, WriteMode mode) {
    return {"raw", "raw", std::move(name), "flushed each tick", [mode](const TickPeerSetup& setup) {
                return std::make_unique<RawTickPeer>(setup, mode);
            }};
}

}  // namespace

TickPeerVariants raw_variants() {
    return {variant("columns + XXH3, O_DIRECT + fdatasync", WriteMode::direct),
            variant("columns + XXH3, buffered + fdatasync", WriteMode::buffered)};
}

}  // namespace perdure::bench
