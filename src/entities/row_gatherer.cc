#include "entities/row_gatherer.h"

#include <array>
#include <cstring>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"

namespace perdure::entities {

void RowGatherer::find(const ComponentRows& rows, const RowMarks& marks) {
    count_ = marks.count();
    if (ids_.size() < count_) {
        ids_.resize(count_);
        rows_.resize(count_);
    }
    std::uint64_t* id = ids_.data();
    const std::byte** row = rows_.data();
    const std::size_t stride = rows.stride();
    marks.for_each_word([&](std::uint32_t first, std::uint64_t bits) {
        const std::uint32_t chunk = first / ComponentRows::chunk_rows;
        const std::uint32_t inside = first % ComponentRows::chunk_rows;
        const std::uint64_t* const ids = rows.chunk_ids(chunk) + inside;
        const std::byte* const begin = rows.chunk_begin(chunk) + inside * stride;
        for (; bits != 0; bits &= bits - 1) {
            const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
            *id++ = ids[bit];
            *row++ = begin + bit * stride;
        }
    });
    PERDURE_ASSERT(id == ids_.data() + count_);
}

Status RowGatherer::upserts(const TableDefinition& table, const StructPlan& plan,
                            const ComponentRows& rows, const RowMarks& marks, BlockPool& pool,
                            std::vector<Batch>& to) {
    find(rows, marks);
    if (count_ == 0) return {};
    PERDURE_TAKE(Batch batch, gather_structs(table, plan, {ids_.data(), count_},
                                             {rows_.data(), count_}, &pool));
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
