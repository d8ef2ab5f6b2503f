// WorkerMarks: what one worker has marked, by component type, until all have ended.
//
// Thread rule: the worker's thread while workers run, else the world's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/seeded_bug.h"
#include "entities/row_marks.h"
#include "perdure/schema.h"

namespace perdure::entities {

class WorkerMarks {
public:
    // `successions`: the registry's; marks of rows that it replaced are of no use any more.
    void begin(std::size_t types, std::uint64_t successions) {
        running_ = true;
        const bool replaced = std::exchange(successions_, successions) != successions;
        if (replaced && !seeded_bug("entities: workers keep marks of rows that were replaced")) {
            by_type_.clear();
        }
        if (by_type_.size() < types) by_type_.resize(types);
    }
    void end() noexcept { running_ = false; }

    // Of a type whose rows are marked there: room for as many.
    [[nodiscard]] RowMarks& of(TypeNumber type, const RowMarks& like) {
        PERDURE_ASSERT(running_);  // a worker is used when none run
        RowMarks& marks = by_type_[type];
        if (marks.rows() < like.rows()) marks.grow(like.rows());
        return marks;
    }
    [[nodiscard]] std::vector<RowMarks>& by_type() noexcept { return by_type_; }

private:
    bool running_ = false;
    std::uint64_t successions_ = 0;
    std::vector<RowMarks> by_type_;
};

}  // namespace perdure::entities
