// WorkerMarks: what one worker has marked, by component type, until all have ended.
//
// Thread rule: the worker's thread while workers run, else the world's.
#pragma once

#include <cstddef>
#include <vector>

#include "base/assert.h"
#include "entities/row_marks.h"
#include "perdure/schema.h"

namespace perdure::entities {

class WorkerMarks {
public:
    void begin(std::size_t types) {
        running_ = true;
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
    std::vector<RowMarks> by_type_;
};

}  // namespace perdure::entities
