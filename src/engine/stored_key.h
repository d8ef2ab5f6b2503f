// StoredKey: a key as a node of KeyIndex holds it. The first eight bytes lie in the node, as one
// integer that compares as they do; what follows them lies elsewhere.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace perdure::engine {

// What follows the first eight bytes of a key that is longer.
struct Tail {
    std::uint32_t length;  // of the whole key
    char bytes[1];         // length - 8 of them
};

// A key that is looked for, with its first eight bytes made ready.
struct SoughtKey {
    std::uint64_t prefix;
    std::string_view key;
};

inline std::uint64_t prefix_of(std::string_view key) noexcept {
    std::uint64_t prefix = 0;
    if (!key.empty()) std::memcpy(&prefix, key.data(), std::min<std::size_t>(key.size(), 8));
    return __builtin_bswap64(prefix);
}

// A stored key: the prefix, and either its short length (tagged) or its tail.
struct StoredKey {
    std::uint64_t prefix = 0;
    std::uintptr_t rest = 0;  // odd: (length << 1) | 1, for keys up to 8 bytes; even: a Tail*

    [[nodiscard]] const Tail* tail() const noexcept {
        if ((rest & 1U) != 0) return nullptr;
        return reinterpret_cast<const Tail*>(rest);  // NOLINT(performance-no-int-to-ptr): tagged
    }
    [[nodiscard]] std::size_t length() const noexcept {
        const Tail* at = tail();
        return at ? at->length : rest >> 1U;
    }
};

inline StoredKey make_key(std::string_view key, std::uint64_t& tail_bytes) {
    StoredKey stored{prefix_of(key), (key.size() << 1U) | 1U};
    if (key.size() > 8) {
        PERDURE_ASSERT(key.size() <= UINT32_MAX);
        const std::size_t bytes = sizeof(Tail) + key.size() - 8;
        auto* memory = static_cast<char*>(::operator new(bytes));
        Tail* tail = ::new (memory) Tail{static_cast<std::uint32_t>(key.size()), {0}};
        std::memcpy(memory + offsetof(Tail, bytes), key.data() + 8, key.size() - 8);
        stored.rest = reinterpret_cast<std::uintptr_t>(tail);
        PERDURE_ASSERT((stored.rest & 1U) == 0);
        tail_bytes += bytes;
    }
    return stored;
}

inline void drop_key(const StoredKey& key, std::uint64_t& tail_bytes) noexcept {
    if (const Tail* tail = key.tail()) {
        PERDURE_ASSERT(tail->length > 8);
        PERDURE_ASSERT(tail_bytes >= sizeof(Tail) + tail->length - 8);
        tail_bytes -= sizeof(Tail) + tail->length - 8;
        ::operator delete(const_cast<Tail*>(tail));
    }
}

inline StoredKey copy_key(const StoredKey& key, std::uint64_t& tail_bytes) {
    const Tail* tail = key.tail();
    if (!tail) return key;
    const std::size_t bytes = sizeof(Tail) + tail->length - 8;
    void* memory = ::operator new(bytes);
    std::memcpy(memory, tail, bytes);
    tail_bytes += bytes;
    return {key.prefix, reinterpret_cast<std::uintptr_t>(memory)};
}

inline int compare_slow(const StoredKey& stored, std::string_view key) noexcept {
    const std::size_t length = stored.length();
    if (length > 8 && key.size() > 8) {
        const std::size_t common = std::min(length, key.size()) - 8;
        const int order = std::memcmp(&stored.tail()->bytes, key.data() + 8, common);
        if (order != 0) return order;
    }
    return length < key.size() ? -1 : (length > key.size() ? 1 : 0);
}

inline int compare(const StoredKey& stored, const SoughtKey& key) noexcept {
    if (stored.prefix != key.prefix) return stored.prefix < key.prefix ? -1 : 1;
    return compare_slow(stored, key.key);
}

inline void key_text(const StoredKey& stored, std::string& to) {
    const std::size_t length = stored.length();
    const std::uint64_t prefix = __builtin_bswap64(stored.prefix);
    to.resize(length);
    std::memcpy(to.data(), &prefix, std::min<std::size_t>(length, 8));
    if (length > 8) std::memcpy(to.data() + 8, &stored.tail()->bytes, length - 8);
}

}  // namespace perdure::engine
