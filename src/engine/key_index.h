// KeyIndex: an ordered map from encoded keys (model/key.h) to the versions that pending holds of
// them.
//
// A B+tree. Comparing touches the first eight bytes of a key, which lie in the node; only longer
// keys that agree there look further. Integer keys of eight bytes never do. That is what makes
// 10,000,000 undrained rows affordable at open; a node-based std::map takes three times as long
// (bench/RESULTS.md).
//
// Thread rule: guarded by its owner. Pointers to slots live until the next insert or erase.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/change_set.h"

namespace perdure::engine {

// One version of a row: where it lies in pending. Newest first.
struct Version {
    Version* older = nullptr;
    Lsn lsn = 0;
    std::uint32_t batch = 0;  // index into ChangeSet::batches; from the top bit on into ::ephemeral
    std::uint32_t row = 0;
};

inline constexpr std::uint32_t ephemeral_batch = 1U << 31;

struct StoredKey;  // of a node

class KeyIndex {
public:
    KeyIndex();
    ~KeyIndex();
    KeyIndex(const KeyIndex&) = delete;
    KeyIndex& operator=(const KeyIndex&) = delete;

    // The newest version of a key; nullptr if it has none.
    [[nodiscard]] const Version* find(std::string_view key) const;
    // Puts a version before the others of its key; its LSN must be the highest.
    void add(std::string_view key, Lsn lsn, std::uint32_t batch, std::uint32_t row);
    // Removes the versions of a key at or below `lsn`.
    void release(std::string_view key, Lsn lsn);

    // Calls visit(key, newest version) in key order, from the first key above `after` (null: from
    // the start), until it returns false.
    template <typename Visit>
    void visit_after(const std::string_view* after, Visit&& visit) const;

    [[nodiscard]] std::size_t keys() const noexcept { return keys_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept;
    [[nodiscard]] std::string_view last_key() const;  // of the greatest; empty if there is none

private:
    struct Leaf;
    struct Inner;
    struct Path;
    struct Cursor {
        Leaf* leaf = nullptr;
        std::uint32_t slot = 0;
    };

    // The first slot whose key is not below (or, if `above`, is above) the given one.
    [[nodiscard]] Cursor seek(std::string_view key, bool above) const;
    [[nodiscard]] bool next(Cursor& cursor, std::string& key, const Version*& version) const;
    [[nodiscard]] Path descend(std::string_view key) const;
    Leaf* split(Leaf& leaf, std::uint32_t slot);
    Inner* split(Inner& parent, std::uint32_t child, void* added, StoredKey& separator);
    void add_to_parents(Path& path, Leaf* right);
    void erase_slot(std::string_view key);
    void remove_from_parents(Path& path);

    [[nodiscard]] Version* take_version();
    void give_version(Version* version) noexcept;

    void* root_ = nullptr;
    std::uint32_t depth_ = 0;  // inner levels above the leaves
    Leaf* first_ = nullptr;
    std::size_t keys_ = 0;
    std::size_t versions_ = 0;
    std::uint64_t node_bytes_ = 0;
    std::uint64_t tail_bytes_ = 0;
    std::vector<std::unique_ptr<Version[]>> slabs_;
    Version* free_versions_ = nullptr;
};

template <typename Visit>
void KeyIndex::visit_after(const std::string_view* after, Visit&& visit) const {
    Cursor cursor = seek(after ? *after : std::string_view(), after != nullptr);
    std::string key;
    const Version* version = nullptr;
    while (next(cursor, key, version)) {
        if (!visit(std::string_view(key), *version)) return;
    }
}

}  // namespace perdure::engine
