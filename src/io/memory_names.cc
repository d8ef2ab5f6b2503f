#include "io/memory_names.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/error.h"
#include "io/posix_error.h"

namespace perdure::io {

namespace {

// The next name of a path, cut off its front; empty at its end.
std::string_view take_name(std::string_view& path) {
    for (;;) {
        path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
        const std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(name.size());
        if (name != ".") return name;
    }
}

}  // namespace

Result<MemoryNames::Place> MemoryNames::place_of(std::string_view verb,
                                                 const std::string& path) const {
    Place place{root, ""};
    std::string_view rest = path;
    for (std::string_view name = take_name(rest); !name.empty(); name = take_name(rest)) {
        if (name == "..") return error(Code::invalid, "cannot {} {}: it contains '..'", verb, path);
        const NodeId directory = node_at(place);
        if (directory == none) return path_error(ENOENT, verb, path);
        if (!is_directory(directory)) return path_error(ENOTDIR, verb, path);
        place = {directory, std::string(name)};
    }
    return place;
}

NodeId MemoryNames::node_at(const Place& place) const {
    if (place.second.empty()) return place.first;
    const auto found = visible_.find(place);
    return found == visible_.end() ? none : found->second;
}

Result<NodeId> MemoryNames::find(const std::string& path) const {
    PERDURE_TAKE(const Place place, place_of("find", path));
    const NodeId node = node_at(place);
    if (node == none) return path_error(ENOENT, "find", path);
    return node;
}

Result<NodeId> MemoryNames::find_file(const std::string& path) const {
    PERDURE_TAKE(const NodeId node, find(path));
    if (is_directory(node)) return path_error(EISDIR, "open", path);
    return node;
}

Result<std::vector<std::string>> MemoryNames::list(const std::string& directory) const {
    PERDURE_TAKE(const NodeId node, find(directory));
    if (!is_directory(node)) return path_error(ENOTDIR, "list", directory);
    std::vector<std::string> names;
    for (auto entry = visible_.lower_bound({node, ""});
         entry != visible_.end() && entry->first.first == node; ++entry) {
        names.push_back(entry->first.second);
    }
    return names;
}

Result<NodeId> MemoryNames::create_file(const std::string& path) {
    PERDURE_TAKE(const Place place, place_of("create", path));
    if (node_at(place) != none) return path_error(EEXIST, "create", path);
    return add(place);
}

Status MemoryNames::create_directory(const std::string& path) {
    PERDURE_TAKE(const Place place, place_of("create the directory", path));
    const NodeId found = node_at(place);
    if (is_directory(found)) return {};
    if (found != none) return path_error(EEXIST, "create the directory", path);
    directories_.insert(add(place));
    return {};
}

NodeId MemoryNames::add(const Place& place) {
    const NodeId node = next_++;
    unsynced_.push_back({.node = node, .from = {}, .to = place, .unsynced = {place.first, none}});
    visible_[place] = node;
    return node;
}

Status MemoryNames::rename(const std::string& from, const std::string& to) {
    const std::string what = text::format("cannot rename {} to {}", from, to);
    PERDURE_TAKE(const Place place_from, place_of("rename", from));
    PERDURE_TAKE(const Place place_to, place_of("rename to", to));
    const NodeId node = node_at(place_from);
    if (node == none) return posix_error(ENOENT, what);
    if (node == root || place_to.second.empty()) return posix_error(EBUSY, what);
    if (place_from == place_to) return {};
    const NodeId replaced = node_at(place_to);
    if (replaced != none) PERDURE_TRY(check_replacement(node, replaced, what));
    for (NodeId above = place_to.first; above != root;) {  // not into itself
        if (above == node) return posix_error(EINVAL, what);
        const auto entry = std::find_if(visible_.begin(), visible_.end(),
                                        [&](const auto& each) { return each.second == above; });
        above = entry->first.first;
    }
    unsynced_.push_back({.node = node,
                         .from = place_from,
                         .to = place_to,
                         .unsynced = {place_from.first,
                                      place_to.first == place_from.first ? none : place_to.first}});
    visible_.erase(place_from);
    visible_[place_to] = node;
    return {};
}

Status MemoryNames::check_replacement(NodeId node, NodeId replaced, const std::string& what) const {
    if (is_directory(node) && !is_directory(replaced)) return posix_error(ENOTDIR, what);
    if (!is_directory(node) && is_directory(replaced)) return posix_error(EISDIR, what);
    if (is_directory(replaced) && !is_empty_directory(replaced))
        return posix_error(ENOTEMPTY, what);
    return {};
}

bool MemoryNames::is_empty_directory(NodeId node) const {
    const auto entry = visible_.lower_bound({node, ""});
    return entry == visible_.end() || entry->first.first != node;
}

Status MemoryNames::remove(const std::string& path) {
    PERDURE_TAKE(const Place place, place_of("remove", path));
    const NodeId node = node_at(place);
    if (node == none) return path_error(ENOENT, "remove", path);
    if (is_directory(node)) return path_error(EISDIR, "remove", path);
    take_away(place, node);
    return {};
}

Status MemoryNames::remove_directory(const std::string& path) {
    PERDURE_TAKE(const Place place, place_of("remove the directory", path));
    const NodeId node = node_at(place);
    if (node == none) return path_error(ENOENT, "remove the directory", path);
    if (!is_directory(node)) return path_error(ENOTDIR, "remove the directory", path);
    if (!is_empty_directory(node)) return path_error(ENOTEMPTY, "remove the directory", path);
    take_away(place, node);
    return {};
}

void MemoryNames::take_away(const Place& place, NodeId node) {
    unsynced_.push_back({.node = node, .from = place, .to = {}, .unsynced = {place.first, none}});
    visible_.erase(place);
}

Status MemoryNames::sync_directory(const std::string& path) {
    PERDURE_TAKE(const NodeId directory, find(path));
    if (!is_directory(directory)) return path_error(ENOTDIR, "flush the directory", path);
    std::vector<bool> chosen;
    for (Change& change : unsynced_) {
        for (NodeId& each : change.unsynced) {
            if (each == directory) each = none;
        }
        chosen.push_back(change.unsynced == std::array{none, none});
    }
    settle(std::move(chosen));
    return {};
}

bool MemoryNames::is_related(const Change& change, const Change& earlier) {
    if (change.node == earlier.node) return true;
    for (const Place& place : {change.from, change.to}) {
        if (place.first != none && (place == earlier.from || place == earlier.to)) return true;
    }
    return false;
}

void MemoryNames::settle(std::vector<bool> chosen) {
    for (std::size_t index = chosen.size(); index-- > 0;) {
        if (!chosen[index]) continue;
        for (std::size_t earlier = 0; earlier < index; ++earlier) {
            if (is_related(unsynced_[index], unsynced_[earlier])) chosen[earlier] = true;
        }
    }
    std::vector<Change> rest;
    for (std::size_t index = 0; index < chosen.size(); ++index) {
        Change& change = unsynced_[index];
        if (!chosen[index]) {
            rest.push_back(std::move(change));
            continue;
        }
        if (change.from.first != none) synced_.erase(change.from);
        if (change.to.first != none) synced_[change.to] = change.node;
    }
    unsynced_ = std::move(rest);
}

void MemoryNames::crash(Random& random, const CrashPlan& plan) {
    const std::size_t count = unsynced_.size();
    const std::size_t whole = plan.order == CrashOrder::in_order ? random.below(count + 1) : 0;
    std::vector<bool> chosen;
    for (std::size_t index = 0; index < count; ++index) {
        switch (plan.order) {
            case CrashOrder::any: chosen.push_back(random.below(256) < plan.name_chance); break;
            case CrashOrder::in_order: chosen.push_back(index < whole); break;
            case CrashOrder::newest_only: chosen.push_back(index + 1 == count); break;
        }
    }
    crash_keeping(std::move(chosen));
}

void MemoryNames::crash_keeping(std::vector<bool> chosen) {
    PERDURE_ASSERT(chosen.size() == unsynced_.size());
    settle(std::move(chosen));
    unsynced_.clear();
    visible_ = synced_;
    drop_unreachable();
    synced_ = visible_;
}

std::vector<std::string> MemoryNames::unsynced_names() const {
    std::vector<std::string> names;
    for (const Change& change : unsynced_) {
        names.push_back(change.to.first != none ? change.to.second : change.from.second);
    }
    return names;
}

std::string MemoryNames::name_of(NodeId node) const {
    const auto found = std::find_if(visible_.begin(), visible_.end(),
                                    [&](const auto& entry) { return entry.second == node; });
    return found == visible_.end() ? std::string() : found->first.second;
}

// A file of which the name survived is gone all the same if that of its directory did not.
void MemoryNames::drop_unreachable() {
    std::set<NodeId> reached{root};
    for (bool found_more = true; found_more;) {
        found_more = false;
        for (const auto& [place, node] : visible_) {
            if (reached.contains(place.first)) found_more |= reached.insert(node).second;
        }
    }
    std::erase_if(visible_, [&](const auto& entry) { return !reached.contains(entry.second); });
    std::erase_if(directories_, [&](NodeId node) { return !reached.contains(node); });
}

std::set<NodeId> MemoryNames::visible_nodes() const {
    std::set<NodeId> nodes;
    for (const auto& [place, node] : visible_) nodes.insert(node);
    return nodes;
}

std::set<NodeId> MemoryNames::reachable_nodes() const {
    std::set<NodeId> nodes = visible_nodes();
    for (const auto& [place, node] : synced_) nodes.insert(node);
    for (const Change& change : unsynced_) nodes.insert(change.node);
    return nodes;
}

}  // namespace perdure::io
