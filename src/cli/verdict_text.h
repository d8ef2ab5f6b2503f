// What verify says, for people and as JSON: one wording for `perdure verify` and `perdure repair`.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "jobs/verify.h"

namespace perdure::cli {

// Lines that end with a newline.
[[nodiscard]] std::string verdict_text(const jobs::Verdict& verdict);
[[nodiscard]] std::string remedies_text(const std::vector<jobs::Remedy>& remedies);
[[nodiscard]] nlohmann::ordered_json verdict_json(const jobs::Verdict& verdict);
[[nodiscard]] nlohmann::ordered_json remedy_json(const jobs::Remedy& remedy);

}  // namespace perdure::cli
