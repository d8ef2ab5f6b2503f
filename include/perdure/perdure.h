// Everything. Read world.h first.
#pragma once

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/entity_map.h"
#include "perdure/external.h"
#include "perdure/health.h"
#include "perdure/relations.h"
#include "perdure/runtime.h"
#include "perdure/schema.h"
#include "perdure/snapshot.h"
#include "perdure/status.h"
#include "perdure/token.h"
#include "perdure/transaction.h"
#include "perdure/workers.h"
#include "perdure/world.h"
