// Rows of the world's own tables ("_categories", "_invariants"), which it commits by itself.
#pragma once

#include "engine/engine.h"
#include "model/batch_builder.h"
#include "perdure/status.h"

namespace perdure {

// Waits until they are durable. Without any, nothing is done.
Status commit_own_rows(engine::Engine& engine, BatchBuilder& rows);

}  // namespace perdure
