#include "entities/component_rows.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/seeded_bug.h"

namespace perdure::entities {
namespace {

constexpr std::size_t cache_line_bytes = 64;
// The first slab is one chunk, and each is as large as all before it, up to here: a component of
// few entities takes little, one of millions lies in few pieces.
constexpr std::size_t slab_bytes_max = std::size_t{4} << 20;

// Most components have 8 to 32 bytes; two overlapping loads and stores beat a call of memcpy.
void copy_struct(std::byte* to, const std::byte* from, std::size_t bytes) noexcept {
    struct Sixteen {
        std::byte bytes[16];
    };
    if (bytes >= 8 && bytes <= 16) {
        const auto head = load_le<std::uint64_t>(from);
        const auto tail = load_le<std::uint64_t>(from + bytes - 8);
        store_le(to, head);
        store_le(to + bytes - 8, tail);
    } else if (bytes > 16 && bytes <= 32) {
        const auto head = load_le<Sixteen>(from);
        const auto tail = load_le<Sixteen>(from + bytes - 16);
        store_le(to, head);
        store_le(to + bytes - 16, tail);
    } else if (bytes == 4) {
        store_le(to, load_le<std::uint32_t>(from));
    } else if (bytes > 0) {
        std::memcpy(to, from, bytes);
    }
}

}  // namespace

ComponentRows::ComponentRows(const StructShape& shape, std::uint64_t& layouts)
    : shape_(shape), values_(shape), stride_(shape.bytes), layouts_(layouts) {
    PERDURE_ASSERT(shape.alignment > 0 && stride_ % shape.alignment == 0);
}

ComponentRows::~ComponentRows() {
    if (values_.is_trivial()) return;
    for (std::uint32_t row = 0; row < count_; ++row) values_.destroy(at(row));
}

void ComponentRows::add_slab() {
    const std::size_t alignment = std::max(cache_line_bytes, shape_.alignment);
    const std::size_t ids_bytes = chunk_rows * sizeof(std::uint64_t);
    const std::size_t rows_bytes = chunk_rows * stride_;
    const std::size_t chunks = std::clamp(slab_bytes_max / (ids_bytes + rows_bytes), std::size_t{1},
                                          std::max(chunks_.size(), std::size_t{1}));
    const std::size_t rows_begin = round_up(chunks * ids_bytes, alignment);
    // A tag has no bytes, but a pointer to one must point to something.
    const std::size_t bytes = rows_begin + std::max(chunks * rows_bytes, cache_line_bytes);
    const std::align_val_t align{alignment};
    auto* const memory = static_cast<std::byte*>(::operator new(bytes, align));
    slabs_.push_back({{memory, Release{align}}, chunks_.size()});
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        auto* const ids = reinterpret_cast<std::uint64_t*>(memory + chunk * ids_bytes);
        chunks_.push_back({memory + rows_begin + chunk * rows_bytes, ids, 0, ++layouts_});
    }
    changed_.grow(chunks_.size() * chunk_rows);
    fresh_.grow(chunks_.size() * chunk_rows);
    for (RowMarks* marks : followers_) marks->grow(chunks_.size() * chunk_rows);
}

void ComponentRows::follow(RowMarks& marks) {
    marks.grow(chunks_.size() * chunk_rows);
    followers_.push_back(&marks);
}

// One spare slab stays, so that a row coming and going at a border costs no memory traffic.
void ComponentRows::drop_spare_slabs() {
    while (slabs_.size() >= 2 && slabs_[slabs_.size() - 2].first_chunk * chunk_rows >= count_) {
        chunks_.resize(slabs_.back().first_chunk);
        slabs_.pop_back();
    }
}

std::uint32_t ComponentRows::append(std::uint64_t id) {
    PERDURE_ASSERT(iterating_ ==
                   0);  // each<>() runs, and its visitor adds a component of this type
    PERDURE_ASSERT(count_ < rows_max);
    const std::uint32_t row = count_++;
    if (row / chunk_rows == chunks_.size()) add_slab();
    Chunk& chunk = chunks_[row / chunk_rows];
    const std::uint32_t inside = row % chunk_rows;
    chunk.ids[inside] = id;
    if (inside == 0) chunk.consecutive_from = id;
    if (id != chunk.consecutive_from + inside) chunk.consecutive_from = 0;
    chunk.layout = ++layouts_;
    return row;
}

void ComponentRows::construct(std::uint32_t row) noexcept { values_.construct(at(row)); }

std::uint32_t ComponentRows::add(std::uint64_t id) {
    const std::uint32_t row = append(id);
    const std::uint32_t before = index_.put(id, row);
    PERDURE_ASSERT(before == none || before == removed);
    if (!values_.is_trivial()) values_.construct(at(row));
    changed_.set(row);
    const bool stored = before == removed && !seeded_bug("entities: set again counts as new");
    if (!stored) fresh_.set(row);
    return row;
}

std::uint32_t ComponentRows::restore(std::uint64_t id) {
    const std::uint32_t known = index_.find(id);
    if (known != none) return known;
    const std::uint32_t row = append(id);
    index_.put(id, row);
    construct(row);
    return row;
}

void ComponentRows::write(std::uint32_t row, const void* value) noexcept {
    const auto* const from = static_cast<const std::byte*>(value);
    if (values_.is_trivial()) {
        copy_struct(at(row), from, stride_);
    } else {
        values_.copy(at(row), from);
    }
}

bool ComponentRows::remove(std::uint64_t id) {
    const std::uint32_t row = find(id);
    if (row == none) return false;
    const bool fresh = fresh_.test(row);
    drop(row);
    if (fresh) {
        index_.clear(id);
        return true;
    }
    index_.put(id, removed);
    removed_.push_back(id);
    if (removed_.size() >=
        removed_compact_at_) {  // a component that comes and goes in one long tick
        removed_ = removed_ids();
        removed_compact_at_ = std::max(removed_compact_min, removed_.size() * 2);
    }
    return true;
}

bool ComponentRows::forget(std::uint64_t id) {
    const std::uint32_t row = find(id);
    if (row == none) return false;
    drop(row);
    index_.clear(id);
    return true;
}

void ComponentRows::drop(std::uint32_t row) {
    PERDURE_ASSERT(iterating_ ==
                   0);  // each<>() runs, and its visitor removes a component of this type
    PERDURE_ASSERT(row < count_);
    const std::uint32_t last = count_ - 1;
    if (!values_.is_trivial()) values_.destroy(at(row));
    if (row != last) {
        if (values_.is_trivial()) {
            copy_struct(at(row), at(last), stride_);
        } else {
            values_.relocate(at(row), at(last));
        }
        const std::uint64_t moved = id_at(last);
        chunks_[row / chunk_rows].ids[row % chunk_rows] = moved;
        const std::uint32_t before = index_.put(moved, row);
        PERDURE_ASSERT(before == last);
        chunks_[row / chunk_rows].consecutive_from = 0;
        chunks_[row / chunk_rows].layout = ++layouts_;
    }
    chunks_[last / chunk_rows].layout = ++layouts_;
    move_marks(row, last);
    count_ = last;
    if (count_ % chunk_rows == 0) drop_spare_slabs();
}

void ComponentRows::move_marks(std::uint32_t to, std::uint32_t from) noexcept {
    move_mark(changed_, to, from);
    move_mark(fresh_, to, from);
    for (RowMarks* marks : followers_) move_mark(*marks, to, from);
}

void ComponentRows::move_mark(RowMarks& marks, std::uint32_t to, std::uint32_t from) noexcept {
    const bool marked = marks.test(from);
    marks.clear(from);
    if (to == from) return;
    if (marked && !seeded_bug("entities: a moved row loses its mark")) {
        marks.set(to);
    } else {
        marks.clear(to);
    }
}

void ComponentRows::take_over_marks(const ComponentRows& from) {
    PERDURE_ASSERT(count_ == from.count_ && removed_.empty());
    if (seeded_bug("entities: a reload forgets what is marked")) return;
    const std::size_t rows = changed_.rows();
    changed_ = from.changed_;
    fresh_ = from.fresh_;
    changed_.grow(rows);
    fresh_.grow(rows);
    removed_ = from.removed_ids();
    for (const std::uint64_t id : removed_) {
        const std::uint32_t before = index_.put(id, removed);
        PERDURE_ASSERT(before == none);
    }
}

std::vector<std::uint64_t> ComponentRows::removed_ids() const {
    std::vector<std::uint64_t> ids;
    ids.reserve(removed_.size());
    for (const std::uint64_t id : removed_) {
        if (index_.find(id) == removed) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

void ComponentRows::captured_changed() {
    changed_.clear_all();
    captured_removed();
}

void ComponentRows::captured_fresh() {
    changed_.clear_marked_in(fresh_);
    captured_removed();
}

void ComponentRows::captured_removed() {
    fresh_.clear_all();
    for (const std::uint64_t id : removed_) {
        if (index_.find(id) == removed) index_.clear(id);
    }
    removed_.clear();
    removed_compact_at_ = removed_compact_min;
}

bool ComponentRows::has_same_layout(std::uint32_t chunk,
                                    const ComponentRows& other) const noexcept {
    const std::uint32_t rows = chunk_count(chunk);
    if (rows != other.chunk_count(chunk)) return false;
    const Chunk& ours = chunks_[chunk];
    const Chunk& theirs = other.chunks_[chunk];
    if (ours.layout == theirs.layout) return true;
    if (ours.consecutive_from != theirs.consecutive_from) return false;
    return ours.consecutive_from != 0 ||
           std::memcmp(ours.ids, theirs.ids, rows * sizeof(std::uint64_t)) == 0;
}

bool ComponentRows::same_layout(std::uint32_t chunk, ComponentRows& other) noexcept {
    if (!has_same_layout(chunk, other)) return false;
    if (chunk_count(chunk) > 0) other.chunks_[chunk].layout = chunks_[chunk].layout;
    return true;
}

}  // namespace perdure::entities
