// Everything. Read world.h first.
#pragma once

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/health.h"
#include "perdure/runtime.h"
#include "perdure/schema.h"
#include "perdure/snapshot.h"
#include "perdure/status.h"
#include "perdure/token.h"
#include "perdure/transaction.h"
#include "perdure/world.h"
