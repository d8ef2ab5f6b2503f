// Announcements: what the demonstration says in plain lines on stdout, outside of its map.
//
// Thread rule: the world's thread.
#pragma once

#include <string>

#include "cli/demo/books.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

// A line. If nobody reads any more, the demonstration is asked to stop.
void announce(const std::string& line);
// What opening found and did.
void announce_recovery(const RecoveryReport& report, const std::string& directory);
// Whether coins, goods and trades are what they were.
void announce_audit(const Audit& audit);

}  // namespace perdure::cli::demo
