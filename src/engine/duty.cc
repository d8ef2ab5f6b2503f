#include "engine/duty.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/assert.h"

namespace perdure::engine {

struct Duty::Post {
    explicit Post(std::function<Visit()> what) : visit(std::move(what)) {}

    const std::function<Visit()> visit;
    // Guarded by the duty's mutex.
    bool queued = false;
    bool inside = false;
    bool rung = false;  // while somebody was inside
    bool gone = false;
    Time entered{};
    std::optional<Time> due;
};

Duty::~Duty() {
    std::list<std::thread> running;
    {
        const std::scoped_lock lock(mutex_);
        PERDURE_ASSERT(posts_ == 0 && queue_.empty() && due_.empty() && inside_.empty());
        stop_ = true;
        running.swap(threads_);
    }
    wake_watcher_.notify_all();
    wake_spare_.notify_all();
    for (std::thread& thread : running) thread.join();
    if (ended_.joinable()) ended_.join();
}

std::shared_ptr<Duty::Post> Duty::add(std::function<Visit()> visit) {
    auto post = std::make_shared<Post>(std::move(visit));
    const std::scoped_lock lock(mutex_);
    ++posts_;
    return post;
}

void Duty::remove(Post& post) {
    std::unique_lock lock(mutex_);
    PERDURE_ASSERT(!post.gone && posts_ > 0);
    post.gone = true;
    if (post.queued) std::erase(queue_, &post);
    if (post.due) due_.erase({*post.due, &post});
    post.queued = false;
    post.due.reset();
    left_.wait(lock, [&] { return !post.inside; });
    --posts_;  // not before: until then it takes a thread that others have to do without
}

void Duty::ring(Post& post) {
    const std::scoped_lock lock(mutex_);
    if (post.gone) return;
    if (post.inside) {
        post.rung = true;
    } else if (!post.queued) {
        enqueue(post);
        keep_watch();
    }
}

std::uint32_t Duty::threads() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::uint32_t>(threads_.size());
}

std::uint64_t Duty::visits() const {
    const std::scoped_lock lock(mutex_);
    return visits_;
}

void Duty::enqueue(Post& post) {
    PERDURE_ASSERT(!post.queued && !post.inside && !post.gone);
    if (post.due) due_.erase({*post.due, &post});
    post.due.reset();
    post.queued = true;
    queue_.push_back(&post);
}

void Duty::queue_due(Time now) {
    while (!due_.empty() && due_.begin()->first <= now) enqueue(*due_.begin()->second);
}

bool Duty::may_enter(Time now) const {
    const auto works = [&](const Post* post) { return now - post->entered < limits_.stuck_after; };
    return std::count_if(inside_.begin(), inside_.end(), works) < std::int64_t{limits_.at_once};
}

// When somebody should look: now if work waits that may be begun, or when the next of those inside
// counts as stuck, or when the next time has come. max(): when somebody rings.
Duty::Time Duty::next_event(Time now) const {
    Time event = due_.empty() ? Time::max() : due_.begin()->first;
    if (queue_.empty()) return event;
    if (may_enter(now)) return now;
    for (const Post* post : inside_) {
        const Time stuck = post->entered + limits_.stuck_after;
        if (stuck > now) event = std::min(event, stuck);
    }
    return event;
}

bool Duty::is_watched(Time event) const { return watcher_ && watch_until_ <= event; }

// Sees to it that some thread waits for the next event. The watcher first: who worked last works
// again, and the spare ones are left to end.
void Duty::keep_watch() {
    const Time event = next_event(std::chrono::steady_clock::now());
    if (event == Time::max() || is_watched(event)) return;
    if (starting_ > 0) return;  // it will look
    if (watcher_) {
        wake_watcher_.notify_all();
    } else if (spare_ > 0) {
        wake_spare_.notify_one();
    } else if (threads_.size() < limits_.threads_max && posts_ > inside_.size()) {
        start_thread();
    }
}

// Without a thread the work is done by those that are there, later.
void Duty::start_thread() {
    try {
        threads_.emplace_back([this] { run(); });
        ++starting_;
    } catch (const std::system_error&) {
        PERDURE_ASSERT(starting_ == 0);  // what there is goes on
    }
}

void Duty::run() {
    std::unique_lock lock(mutex_);
    PERDURE_ASSERT(starting_ > 0);
    --starting_;
    while (!stop_) {
        const Time now = std::chrono::steady_clock::now();
        queue_due(now);
        if (!queue_.empty() && may_enter(now)) {
            Post& post = *queue_.front();
            queue_.pop_front();
            post.queued = false;
            visit(post, lock);
        } else if (!wait(lock)) {
            return;
        }
    }
}

void Duty::visit(Post& post, std::unique_lock<std::mutex>& lock) {
    PERDURE_ASSERT(!post.inside && !post.gone);
    post.inside = true;
    post.rung = false;
    post.entered = std::chrono::steady_clock::now();
    inside_.push_back(&post);
    ++visits_;
    keep_watch();
    lock.unlock();
    const Visit found = post.visit();
    lock.lock();
    std::erase(inside_, &post);
    post.inside = false;
    if (post.gone) {
        left_.notify_all();  // the last that is said of this post
    } else if (post.rung || found.more) {
        enqueue(post);  // this thread looks next, so nobody need be called
    } else if (found.again) {
        post.due = std::chrono::steady_clock::now() + *found.again;
        due_.insert({*post.due, &post});
    }
}

bool Duty::wait(std::unique_lock<std::mutex>& lock) {
    const Time now = std::chrono::steady_clock::now();
    const Time event = next_event(now);
    if (!is_watched(event)) {
        watch(event, lock);
        return true;
    }
    ++spare_;
    const std::cv_status why = wake_spare_.wait_until(lock, now + limits_.spare_for);
    --spare_;
    if (why == std::cv_status::no_timeout || stop_) return true;
    // It may have been called at the moment that its time was over.
    if (!is_watched(next_event(std::chrono::steady_clock::now()))) return true;
    end_thread(lock);
    return false;
}

// Whoever watched until later is relieved: it looks again, and is a spare one.
void Duty::watch(Time event, std::unique_lock<std::mutex>& lock) {
    const auto self = std::this_thread::get_id();
    if (watcher_) wake_watcher_.notify_all();
    watcher_ = self;
    watch_until_ = event;
    if (event == Time::max()) {
        wake_watcher_.wait(lock);
    } else {
        wake_watcher_.wait_until(lock, event);
    }
    if (watcher_ == self) watcher_.reset();
}

// Somebody else has the watch, and nothing to do for as long: one fewer will do. Each joins the one
// that ended before it, so that nobody who rings waits for a thread's end.
void Duty::end_thread(std::unique_lock<std::mutex>& lock) {
    const auto own = std::find_if(threads_.begin(), threads_.end(), [](const std::thread& thread) {
        return thread.get_id() == std::this_thread::get_id();
    });
    PERDURE_ASSERT(own != threads_.end());
    std::thread before = std::exchange(ended_, std::move(*own));
    threads_.erase(own);
    lock.unlock();
    if (before.joinable()) before.join();
}

}  // namespace perdure::engine
