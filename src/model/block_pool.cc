#include "model/block_pool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"

namespace perdure {
namespace {

// Below this the heap is as fast as a shelf, and small batches come in too many sizes.
constexpr std::size_t pooled_bytes_min = std::size_t{32} << 10;
constexpr std::size_t pooled_bytes_max = std::size_t{1} << 32;  // batch_bytes_max is below
// Sizes per doubling: at most a quarter of a block is wasted, an eighth on average.
constexpr int step_bits = 2;
constexpr std::size_t steps_per_doubling = std::size_t{1} << step_bits;
constexpr std::size_t sizes = steps_per_doubling * 17 + 1;  // 32 KiB … 4 GiB, both included

// Sizes are multiples of a power of two: the quarter of the doubling they are in.
int step_shift(std::size_t bytes) noexcept {
    PERDURE_ASSERT(bytes >= pooled_bytes_min);
    return static_cast<int>(std::bit_width(bytes)) - 1 - step_bits;
}

std::size_t size_class(std::size_t bytes) noexcept {
    return round_up(bytes, std::size_t{1} << step_shift(bytes));
}

std::size_t shelf_index(std::size_t bytes) noexcept {
    const int shift = step_shift(bytes);
    const auto doublings = static_cast<std::size_t>(shift - step_shift(pooled_bytes_min));
    return doublings * steps_per_doubling + (bytes >> shift) - steps_per_doubling;
}

}  // namespace

// Blocks hold it by shared_ptr, so what they give back has a place even when the pool is gone.
class BlockPool::Shelf : public Block::Owner {
public:
    explicit Shelf(std::size_t kept_bytes_max) : kept_bytes_max_(kept_bytes_max) {}

    // A kept block of exactly this size class, or an empty one.
    Block take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        auto& kept = kept_[shelf_index(bytes)];
        if (kept.empty()) return {};
        Block block = std::move(kept.back());
        kept.pop_back();
        kept_bytes_ -= bytes;
        least_kept_bytes_ = std::min(least_kept_bytes_, kept_bytes_);
        return block;
    }

    void release(std::byte* data, std::size_t bytes) noexcept override {
        Block block(data, bytes, nullptr);  // the heap's again, freed here unless it is kept
        const std::lock_guard lock(mutex_);
        if (bytes > kept_bytes_max_ - kept_bytes_) return;
        kept_[shelf_index(bytes)].push_back(std::move(block));
        kept_bytes_ += bytes;
    }

    // Frees what is kept. After a last time nothing is kept again.
    void trim(bool last) {
        std::array<std::vector<Block>, sizes> dropped;  // freed after the lock
        const std::lock_guard lock(mutex_);
        dropped.swap(kept_);
        kept_bytes_ = least_kept_bytes_ = 0;
        if (last) kept_bytes_max_ = 0;
    }

    // Frees as much as was never used since the last time, the largest blocks first.
    void trim_idle() {
        std::vector<Block> dropped;  // freed after the lock
        const std::lock_guard lock(mutex_);
        std::size_t idle = least_kept_bytes_;
        for (auto shelf = kept_.rbegin(); shelf != kept_.rend(); ++shelf) {
            while (!shelf->empty() && shelf->back().size() <= idle) {
                idle -= shelf->back().size();
                kept_bytes_ -= shelf->back().size();
                dropped.push_back(std::move(shelf->back()));
                shelf->pop_back();
            }
        }
        least_kept_bytes_ = kept_bytes_;
    }

    std::size_t kept_bytes() {
        const std::lock_guard lock(mutex_);
        return kept_bytes_;
    }

private:
    std::mutex mutex_;
    // Guarded by mutex_; kept_bytes_ <= kept_bytes_max_.
    std::size_t kept_bytes_max_;
    std::size_t kept_bytes_ = 0;
    std::size_t least_kept_bytes_ = 0;  // since trim_idle()
    std::array<std::vector<Block>, sizes> kept_;
};

BlockPool::BlockPool(std::size_t kept_bytes_max)
    : shelf_(std::make_shared<Shelf>(kept_bytes_max)) {}

BlockPool::~BlockPool() { shelf_->trim(true); }

Block BlockPool::take(std::size_t bytes) {
    if (bytes < pooled_bytes_min || bytes > pooled_bytes_max) return Block(bytes);
    const std::size_t rounded = size_class(bytes);
    Block block = shelf_->take(rounded);
    if (block.data() == nullptr) block = Block(rounded);
    return std::move(block).with_owner(shelf_);
}

std::size_t BlockPool::kept_bytes() const { return shelf_->kept_bytes(); }

void BlockPool::trim() { shelf_->trim(false); }

void BlockPool::trim_idle() { shelf_->trim_idle(); }

}  // namespace perdure
