#include "jobs/verify.h"

#include <algorithm>

#include "engine/world_directory.h"
#include "jobs/examination.h"

namespace perdure::jobs {

const Remedy* Verdict::find_remedy(std::string_view name) const {
    const auto found = std::find_if(remedies.begin(), remedies.end(),
                                    [&](const Remedy& remedy) { return remedy.name == name; });
    return found == remedies.end() ? nullptr : &*found;
}

Result<Verdict> verify(io::FileSystem& files, const io::Clock& clock, const std::string& directory,
                       const std::string& scratch) {
    engine::WorldDirectory place(files, directory);
    Examination examination(files, place, scratch);
    if (Status status = examination.find_world(); !status.ok()) return status;
    if (Status status = place.lock(clock); !status.ok()) return status;
    Result<Verdict> verdict = examination.judge();
    if (!verdict) return examination.of_world(verdict.status());
    return verdict;
}

}  // namespace perdure::jobs
