#include "engine/key_index.h"

#include <algorithm>

#include "base/assert.h"
#include "engine/stored_key.h"

namespace perdure::engine {
namespace {

// Of a node. 64 prefixes are 512 bytes: eight cache lines, three of which a binary search touches.
constexpr std::uint32_t fanout = 64;
constexpr std::size_t versions_per_slab = 4096;
constexpr std::uint32_t depth_max = 16;  // 32^16 keys: never deeper

}  // namespace

struct KeyIndex::Leaf {
    std::uint32_t count = 0;
    Leaf* next = nullptr;
    Leaf* previous = nullptr;
    StoredKey keys[fanout];
    Version* versions[fanout];
};

// children[i] holds keys below keys[i]; children[count] those at or above keys[count - 1].
struct KeyIndex::Inner {
    std::uint32_t count = 0;
    StoredKey keys[fanout];
    void* children[fanout + 1];
};

namespace {

// How many stored keys are below (or, if `above`, not above) the given one.
std::uint32_t rank(const StoredKey* keys, std::uint32_t count, const SoughtKey& key,
                   bool above) noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = count;
    while (low < high) {
        const std::uint32_t middle = (low + high) / 2;
        const int order = compare(keys[middle], key);
        if (order < 0 || (above && order == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

template <typename T>
void open_gap(T* items, std::uint32_t at, std::uint32_t count) noexcept {
    std::copy_backward(items + at, items + count, items + count + 1);
}

template <typename T>
void close_gap(T* items, std::uint32_t at, std::uint32_t count) noexcept {
    std::copy(items + at + 1, items + count, items + at);
}

}  // namespace

KeyIndex::KeyIndex() {
    first_ = new Leaf();
    node_bytes_ = sizeof(Leaf);
    root_ = first_;
}

KeyIndex::~KeyIndex() {
    struct Walk {
        std::uint64_t& tails;
        void drop(void* node, std::uint32_t depth) {
            if (depth == 0) {
                auto* leaf = static_cast<Leaf*>(node);
                for (std::uint32_t i = 0; i < leaf->count; ++i) drop_key(leaf->keys[i], tails);
                delete leaf;
                return;
            }
            auto* inner = static_cast<Inner*>(node);
            for (std::uint32_t i = 0; i < inner->count; ++i) drop_key(inner->keys[i], tails);
            for (std::uint32_t i = 0; i <= inner->count; ++i) drop(inner->children[i], depth - 1);
            delete inner;
        }
    };
    Walk{tail_bytes_}.drop(root_, depth_);
    PERDURE_ASSERT(tail_bytes_ == 0);  // every long key had one owner
}

std::uint64_t KeyIndex::bytes() const noexcept {
    return node_bytes_ + tail_bytes_ + slabs_.size() * versions_per_slab * sizeof(Version);
}

Version* KeyIndex::take_version() {
    if (!free_versions_) {
        auto& slab = slabs_.emplace_back(std::make_unique<Version[]>(versions_per_slab));
        for (std::size_t i = 0; i < versions_per_slab; ++i) {
            slab[i].older = free_versions_;
            free_versions_ = &slab[i];
        }
    }
    Version* taken = free_versions_;
    free_versions_ = taken->older;
    ++versions_;
    PERDURE_ASSERT(versions_ <= slabs_.size() * versions_per_slab);
    return taken;
}

void KeyIndex::give_version(Version* version) noexcept {
    PERDURE_ASSERT(versions_ > 0);
    version->older = free_versions_;
    free_versions_ = version;
    if (--versions_ == 0) {  // everything is drained: give the memory back
        slabs_.clear();
        free_versions_ = nullptr;
    }
}

KeyIndex::Cursor KeyIndex::seek(std::string_view text, bool above) const {
    const SoughtKey key{prefix_of(text), text};
    void* node = root_;
    for (std::uint32_t depth = depth_; depth > 0; --depth) {
        auto* inner = static_cast<Inner*>(node);
        node = inner->children[rank(inner->keys, inner->count, key, true)];
    }
    auto* leaf = static_cast<Leaf*>(node);
    return {leaf, rank(leaf->keys, leaf->count, key, above)};
}

const Version* KeyIndex::find(std::string_view key) const {
    const Cursor at = seek(key, false);
    if (at.slot >= at.leaf->count) return nullptr;
    if (compare(at.leaf->keys[at.slot], {prefix_of(key), key}) != 0) return nullptr;
    return at.leaf->versions[at.slot];
}

bool KeyIndex::next(Cursor& cursor, std::string& key, const Version*& version) const {
    while (cursor.leaf && cursor.slot >= cursor.leaf->count) cursor = {cursor.leaf->next, 0};
    if (!cursor.leaf) return false;
    key_text(cursor.leaf->keys[cursor.slot], key);
    version = cursor.leaf->versions[cursor.slot];
    ++cursor.slot;
    return true;
}

std::string_view KeyIndex::last_key() const {
    static thread_local std::string text;
    void* node = root_;
    for (std::uint32_t depth = depth_; depth > 0; --depth) {
        auto* inner = static_cast<Inner*>(node);
        node = inner->children[inner->count];
    }
    const auto* leaf = static_cast<const Leaf*>(node);
    PERDURE_ASSERT(leaf->count > 0 || keys_ == 0);
    text.clear();
    if (leaf->count > 0) key_text(leaf->keys[leaf->count - 1], text);
    return text;
}

// The inner nodes above a key's leaf, and which child of each was taken.
struct KeyIndex::Path {
    struct Step {
        Inner* inner;
        std::uint32_t child;
    };
    Step steps[depth_max];
    std::uint32_t count = 0;
    Leaf* leaf = nullptr;
};

KeyIndex::Path KeyIndex::descend(std::string_view text) const {
    const SoughtKey key{prefix_of(text), text};
    Path path;
    void* node = root_;
    for (std::uint32_t depth = depth_; depth > 0; --depth) {
        auto* inner = static_cast<Inner*>(node);
        const std::uint32_t child = rank(inner->keys, inner->count, key, true);
        PERDURE_ASSERT(path.count < depth_max);
        path.steps[path.count++] = {inner, child};
        node = inner->children[child];
    }
    path.leaf = static_cast<Leaf*>(node);
    return path;
}

void KeyIndex::add(std::string_view text, Lsn lsn, std::uint32_t batch, std::uint32_t row) {
    const SoughtKey key{prefix_of(text), text};
    Path path = descend(text);
    Leaf* leaf = path.leaf;
    std::uint32_t slot = rank(leaf->keys, leaf->count, key, false);
    Version* version = take_version();
    if (slot < leaf->count && compare(leaf->keys[slot], key) == 0) {
        PERDURE_ASSERT(leaf->versions[slot]->lsn <= lsn);
        *version = {leaf->versions[slot], lsn, batch, row};
        leaf->versions[slot] = version;
        return;
    }
    *version = {nullptr, lsn, batch, row};
    ++keys_;
    PERDURE_ASSERT(keys_ <= versions_);  // a key without a version is gone
    Leaf* right = leaf->count == fanout ? split(*leaf, slot) : nullptr;
    if (right && slot >= leaf->count) {
        slot -= leaf->count;
        leaf = right;
    }
    PERDURE_ASSERT(leaf->count < fanout);
    PERDURE_ASSERT(slot <= leaf->count);
    open_gap(leaf->keys, slot, leaf->count);
    open_gap(leaf->versions, slot, leaf->count);
    leaf->keys[slot] = make_key(text, tail_bytes_);
    leaf->versions[slot] = version;
    ++leaf->count;
    if (right) add_to_parents(path, right);
}

// Makes room in a full leaf for a key at `slot`; returns the new right half. Rows that arrive in
// key order fill leaves whole: the last leaf splits at its end.
KeyIndex::Leaf* KeyIndex::split(Leaf& leaf, std::uint32_t slot) {
    PERDURE_ASSERT(leaf.count == fanout);
    PERDURE_ASSERT(slot <= fanout);
    auto* right = new Leaf();
    node_bytes_ += sizeof(Leaf);
    const bool at_end = slot == fanout && leaf.next == nullptr;
    const std::uint32_t kept = at_end ? fanout : fanout / 2;
    right->count = fanout - kept;
    std::copy_n(leaf.keys + kept, right->count, right->keys);
    std::copy_n(leaf.versions + kept, right->count, right->versions);
    leaf.count = kept;
    PERDURE_ASSERT(leaf.count + right->count == fanout);
    PERDURE_ASSERT(!leaf.next || leaf.next->previous == &leaf);
    right->next = leaf.next;
    right->previous = &leaf;
    if (right->next) right->next->previous = right;
    leaf.next = right;
    return right;
}

// Tells the nodes above of a new leaf, splitting those that are full.
void KeyIndex::add_to_parents(Path& path, Leaf* right) {
    PERDURE_ASSERT(right->count > 0);
    StoredKey separator = copy_key(right->keys[0], tail_bytes_);
    void* added = right;
    while (path.count > 0) {
        const Path::Step step = path.steps[--path.count];
        Inner& parent = *step.inner;
        PERDURE_ASSERT(step.child <= parent.count);
        if (parent.count < fanout) {
            open_gap(parent.keys, step.child, parent.count);
            open_gap(parent.children, step.child + 1, parent.count + 1);
            parent.keys[step.child] = separator;
            parent.children[step.child + 1] = added;
            ++parent.count;
            return;
        }
        added = split(parent, step.child, added, separator);
    }
    auto* top = new Inner();
    node_bytes_ += sizeof(Inner);
    top->count = 1;
    top->keys[0] = separator;
    top->children[0] = root_;
    top->children[1] = added;
    root_ = top;
    ++depth_;
    PERDURE_ASSERT(depth_ <= depth_max);
}

// Splits a full inner node around a child that is added behind `child`; `separator` is that
// child's, and then the one that goes up.
KeyIndex::Inner* KeyIndex::split(Inner& parent, std::uint32_t child, void* added,
                                 StoredKey& separator) {
    PERDURE_ASSERT(parent.count == fanout);
    PERDURE_ASSERT(child <= fanout);
    auto* sibling = new Inner();
    node_bytes_ += sizeof(Inner);
    StoredKey keys[fanout + 1];
    void* children[fanout + 2];
    std::copy_n(parent.keys, fanout, keys);
    std::copy_n(parent.children, fanout + 1, children);
    open_gap(keys, child, fanout);
    open_gap(children, child + 1, fanout + 1);
    keys[child] = separator;
    children[child + 1] = added;
    const std::uint32_t middle = child == fanout ? fanout - 1 : fanout / 2;
    parent.count = middle;
    std::copy_n(keys, middle, parent.keys);
    std::copy_n(children, middle + 1, parent.children);
    sibling->count = fanout - middle;
    PERDURE_ASSERT(parent.count > 0);
    PERDURE_ASSERT(sibling->count > 0);
    std::copy_n(keys + middle + 1, sibling->count, sibling->keys);
    std::copy_n(children + middle + 1, sibling->count + 1, sibling->children);
    separator = keys[middle];
    return sibling;
}

void KeyIndex::release(std::string_view key, Lsn lsn) {
    const Cursor at = seek(key, false);
    if (at.slot >= at.leaf->count) return;
    if (compare(at.leaf->keys[at.slot], {prefix_of(key), key}) != 0) return;
    Version** link = &at.leaf->versions[at.slot];
    while (*link && (*link)->lsn > lsn) link = &(*link)->older;
    while (*link) {
        Version* gone = *link;
        PERDURE_ASSERT(gone->lsn <= lsn);  // newest first: all behind it are older
        *link = gone->older;
        give_version(gone);
    }
    if (!at.leaf->versions[at.slot]) erase_slot(key);
}

// Empty leaves are unlinked and freed, and so are inner nodes without children; others are left as
// they are: the drain empties the tree soon enough, and then it shrinks to one leaf.
void KeyIndex::erase_slot(std::string_view text) {
    Path path = descend(text);
    Leaf* leaf = path.leaf;
    const std::uint32_t slot = rank(leaf->keys, leaf->count, {prefix_of(text), text}, false);
    PERDURE_ASSERT(slot < leaf->count);
    PERDURE_ASSERT(!leaf->versions[slot]);
    PERDURE_ASSERT(keys_ > 0);
    drop_key(leaf->keys[slot], tail_bytes_);
    close_gap(leaf->keys, slot, leaf->count);
    close_gap(leaf->versions, slot, leaf->count);
    --leaf->count;
    --keys_;
    PERDURE_ASSERT(keys_ <= versions_);
    if (leaf->count > 0 || path.count == 0) return;

    if (leaf->previous) leaf->previous->next = leaf->next;
    if (leaf->next) leaf->next->previous = leaf->previous;
    PERDURE_ASSERT((first_ == leaf) == (leaf->previous == nullptr));
    if (first_ == leaf) first_ = leaf->next;
    delete leaf;
    node_bytes_ -= sizeof(Leaf);
    remove_from_parents(path);
}

// The child at the end of the path is gone: so are those above it that had no other. The root has
// two at least, or it would have gone before.
void KeyIndex::remove_from_parents(Path& path) {
    while (true) {
        PERDURE_ASSERT(path.count > 0);
        const Path::Step step = path.steps[--path.count];
        Inner* inner = step.inner;
        if (inner->count == 0) {
            delete inner;
            node_bytes_ -= sizeof(Inner);
            continue;
        }
        PERDURE_ASSERT(step.child <= inner->count);
        const std::uint32_t gone_key = step.child == 0 ? 0 : step.child - 1;
        drop_key(inner->keys[gone_key], tail_bytes_);
        close_gap(inner->keys, gone_key, inner->count);
        close_gap(inner->children, step.child, inner->count + 1);
        --inner->count;
        break;
    }
    PERDURE_ASSERT(first_);
    while (depth_ > 0 && static_cast<Inner*>(root_)->count == 0) {
        auto* top = static_cast<Inner*>(root_);
        root_ = top->children[0];
        delete top;
        node_bytes_ -= sizeof(Inner);
        --depth_;
    }
    PERDURE_ASSERT(depth_ > 0 || root_ == first_);
}

}  // namespace perdure::engine
