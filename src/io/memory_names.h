// MemoryNames: the directories of a MemoryFileSystem: the tree as its users see it, as the disk has
// it, and the creations, renames and removals between the two.
//
// A change is synced when every directory it touches was synced after it. Until then a crash keeps
// it whole or not at all. What is kept or synced brings along the earlier changes of the same file
// and of the same names; about all others it says nothing. So no file ever has two names, and none
// that was synced loses its name to another without having been removed or replaced.
//
// Thread rule: a value; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "io/crash_plan.h"
#include "perdure/status.h"

namespace perdure::io {

using NodeId = std::uint64_t;  // a file or a directory; never used again

class MemoryNames {
public:
    // Paths are relative to the one root, with or without a leading slash; ".." is `invalid`. Other
    // errors are those of POSIX, in the words of posix_error.
    [[nodiscard]] Result<NodeId> find(const std::string& path) const;
    [[nodiscard]] Result<NodeId> find_file(const std::string& path) const;
    [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) const;
    [[nodiscard]] bool is_directory(NodeId node) const { return directories_.contains(node); }

    Result<NodeId> create_file(const std::string& path);  // which must be missing
    Status create_directory(const std::string& path);
    Status rename(const std::string& from, const std::string& to);
    Status remove(const std::string& path);
    Status remove_directory(const std::string& path);
    Status sync_directory(const std::string& path);

    void crash(Random& random, const CrashPlan& plan);
    // A crash that keeps just these changes, and what they bring along. In the order in which they
    // came, one for each of unsynced_names().
    void crash_keeping(std::vector<bool> chosen);
    // The name that each unsynced change gives, or takes away.
    [[nodiscard]] std::vector<std::string> unsynced_names() const;
    // The name of a file, as its users see it; empty if it has none.
    [[nodiscard]] std::string name_of(NodeId node) const;

    [[nodiscard]] std::set<NodeId> visible_nodes() const;
    // All that have a name, or may have one after a crash.
    [[nodiscard]] std::set<NodeId> reachable_nodes() const;

private:
    using Place = std::pair<NodeId, std::string>;  // a name in a directory
    using Tree = std::map<Place, NodeId>;

    // A creation has no place `from`, a removal no place `to`.
    struct Change {
        NodeId node;
        Place from;
        Place to;
        std::array<NodeId, 2> unsynced;  // directories; none where there is none (any more)
    };

    static constexpr NodeId none = 0;
    static constexpr NodeId root = 1;

    [[nodiscard]] Result<Place> place_of(std::string_view verb, const std::string& path) const;
    [[nodiscard]] NodeId node_at(const Place& place) const;
    [[nodiscard]] bool is_empty_directory(NodeId node) const;
    [[nodiscard]] Status check_replacement(NodeId node, NodeId replaced,
                                           const std::string& what) const;
    NodeId add(const Place& place);
    void take_away(const Place& place, NodeId node);
    [[nodiscard]] static bool is_related(const Change& change, const Change& earlier);
    // Makes these changes, and the earlier ones they bring along, part of synced_.
    void settle(std::vector<bool> chosen);
    void drop_unreachable();

    Tree visible_;
    Tree synced_;
    std::vector<Change> unsynced_;  // in the order in which they came
    std::set<NodeId> directories_{root};
    NodeId next_ = root + 1;
};

}  // namespace perdure::io
