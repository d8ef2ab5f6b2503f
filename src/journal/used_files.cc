#include "journal/used_files.h"

#include <iterator>
#include <utility>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::journal {

void UsedFiles::add(UsedFile file) {
    const std::lock_guard lock(mutex_);
    PERDURE_ASSERT(files_.empty() || files_.rbegin()->first < file.sequence);
    PERDURE_ASSERT(files_.empty() || files_.rbegin()->second->first_lsn <= file.first_lsn);
    const std::uint64_t sequence = file.sequence;
    files_.emplace(sequence, std::make_shared<const UsedFile>(std::move(file)));
}

std::shared_ptr<const UsedFile> UsedFiles::find(std::uint64_t sequence) const {
    const std::lock_guard lock(mutex_);
    const auto at = files_.find(sequence);
    return at == files_.end() ? nullptr : at->second;
}

std::shared_ptr<const UsedFile> UsedFiles::trimmable(Lsn safe) const {
    const std::lock_guard lock(mutex_);
    if (files_.size() < 2) return nullptr;
    const auto next = std::next(files_.begin());
    const auto end = seeded_bug("journal: one file too many is trimmed") ? files_.begin() : next;
    return end->second->first_lsn - 1 <= safe ? files_.begin()->second : nullptr;
}

void UsedFiles::erase(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    PERDURE_ASSERT(files_.size() > 1);  // the newest always stays
    PERDURE_ASSERT(files_.begin()->first == sequence);
    files_.erase(sequence);
}

std::size_t UsedFiles::count() const {
    const std::lock_guard lock(mutex_);
    return files_.size();
}

}  // namespace perdure::journal
