// Runtime: the few threads that drive the passive parts of all worlds of a process: one flushes
// journals that nobody waits for and attests idle ones, one carries pending to the stores, one
// prepares journal files.
//
// Thread rule: any thread. Lifetime: must outlive the engines it was given; remove() waits until no
// thread is inside that engine.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace perdure::engine {

class Engine;

class Runtime {
public:
    Runtime();
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    void add(Engine& engine);
    void remove(Engine& engine);

private:
    // One thread, with the engines it looks after.
    class Duty;
    std::unique_ptr<Duty> journal_;
    std::unique_ptr<Duty> store_;
    std::unique_ptr<Duty> prepare_;
};

}  // namespace perdure::engine
