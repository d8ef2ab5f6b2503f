#include "entities/row_gatherer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "model/batch_builder.h"

namespace perdure::entities {

// Reads ids that lie anywhere. Memory answers after 200 ns, but many questions at a time: a place
// is asked for when it is found, and read a hundred places later. One after the other takes five
// times as long.
class LateReader {
public:
    static constexpr std::size_t ahead = 128;  // at some 2 ns a row; their lines fit the L1 cache

    void ask(const std::uint64_t* place, std::size_t answer) noexcept {
        __builtin_prefetch(place);
        asked_[end_++ % asked_.size()] = {place, answer};
    }
    // Reads all but the last `keep` that were asked for. To be called at least every 64 of them.
    void read(std::uint64_t* answers, std::size_t keep) noexcept {
        for (; end_ - begin_ > keep; ++begin_) {
            const Asked& asked = asked_[begin_ % asked_.size()];
            answers[asked.answer] = *asked.place;
        }
    }

private:
    struct Asked {
        const std::uint64_t* place;
        std::size_t answer;
    };
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::array<Asked, 256> asked_;  // more than ahead + 64
};

namespace {

// The rows of one word of marks, whose ids are consecutive from `id`. Eight places are written at a
// time, whether so many bits are left or not, and what is behind the last is overwritten by the
// next word: a loop that ended with the bits would be mispredicted once a word. Returns how many.
template <bool with_rows>
std::size_t find_in_word(std::uint64_t bits, std::uint64_t id, const std::byte* begin,
                         std::size_t stride, std::uint64_t* ids, const std::byte** rows) noexcept {
    constexpr std::uint64_t last = std::uint64_t{1} << 63;
    const std::size_t count = count_bits(bits);
    for (std::size_t done = 0; done < count; done += 8) {
        for (std::size_t at = done; at < done + 8; ++at, bits &= bits - 1) {
            const auto bit = static_cast<std::size_t>(std::countr_zero(bits | last));
            ids[at] = id + bit;
            if constexpr (with_rows) rows[at] = begin + bit * stride;
        }
    }
    return count;
}

}  // namespace

// The structs themselves are prefetched by gather_structs().
template <bool with_rows>
void RowGatherer::find(const ComponentRows& rows, const RowMarks& marks) {
    std::size_t count = 0;
    const std::size_t stride = rows.stride();
    LateReader reader;
    marks.for_each_word([&](std::uint32_t first, std::uint64_t bits) {
        if (count + 64 > ids_.size()) make_room();
        const std::uint32_t chunk = first / ComponentRows::chunk_rows;
        const std::uint32_t inside = first % ComponentRows::chunk_rows;
        const std::uint64_t* const ids = rows.chunk_ids(chunk) + inside;
        const std::byte* const begin = rows.chunk_begin(chunk) + inside * stride;
        const std::uint64_t from = rows.consecutive_from(chunk);
        if (from != 0) {
            count += find_in_word<with_rows>(bits, from + inside, begin, stride,
                                             ids_.data() + count, rows_.data() + count);
            return;
        }
        for (; bits != 0; bits &= bits - 1, ++count) {
            const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
            if constexpr (with_rows) rows_[count] = begin + bit * stride;
            reader.ask(ids + bit, count);
        }
        reader.read(ids_.data(), LateReader::ahead);
    });
    reader.read(ids_.data(), 0);
    count_ = count;
}

std::span<std::uint64_t> RowGatherer::ids(const ComponentRows& rows, const RowMarks& marks) {
    find<false>(rows, marks);
    return {ids_.data(), count_};
}

void RowGatherer::make_room() {
    const std::size_t rows = std::max<std::size_t>(1024, ids_.size() * 2);
    ids_.resize(rows);
    rows_.resize(rows);
}

Status RowGatherer::upserts(const TableDefinition& table, const StructPlan& plan,
                            const ComponentRows& rows, const RowMarks& marks, BlockPool& pool,
                            std::vector<Batch>& to) {
    find<true>(rows, marks);
    if (count_ == 0) return {};
    PERDURE_TAKE(Batch batch,
                 gather_structs(table, plan, {ids_.data(), count_}, {rows_.data(), count_}, &pool));
    to.push_back(std::move(batch));
    return {};
}

Status RowGatherer::erases(const TableDefinition& table, std::span<const std::uint64_t> ids,
                           BlockPool& pool, std::vector<Batch>& to) {
    if (ids.empty()) return {};
    const std::array<ColumnNeed, 1> needs{};
    const auto count = static_cast<std::uint32_t>(ids.size());
    PERDURE_TAKE(BatchFrame frame, BatchFrame::make(table, Operation::erase, count, needs, &pool));
    std::memcpy(frame.data(0), ids.data(), ids.size_bytes());
    to.push_back(std::move(frame).finish());
    return {};
}

}  // namespace perdure::entities
