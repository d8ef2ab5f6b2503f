#include "world/own_rows.h"

#include <utility>

#include "base/error.h"

namespace perdure {

Status commit_own_rows(engine::Engine& engine, BatchBuilder& rows) {
    if (rows.rows() == 0) return {};
    PERDURE_TAKE(Batch batch, rows.finish());
    engine::Proposal proposal;
    proposal.changes.batches.push_back(std::move(batch));
    PERDURE_TAKE(const Token token,
                 engine.commit(proposal, {.tick = {}, .level = {}, .wait = true}));
    return token.wait();
}

}  // namespace perdure
