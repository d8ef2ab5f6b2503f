// The program perdure_torture: torments real processes and says what was lost.
//
//     perdure_torture --kills 300 --rivalries 20 --fillings 10 --seed 7 --directory DIR
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include "torture/supervisor.h"
#include "torture/worker.h"

namespace {

using perdure::torture::Plan;

int usage() {
    std::cerr
        << "usage: perdure_torture [--kills N] [--kills-a-world N] [--rivalries N] [--fillings N] "
           "[--seed N] [--directory DIR]\n";
    return 2;
}

// As the supervisor starts it: worker DIR SEED CHECKED…
int become_worker(int count, char** words) {
    perdure::torture::WorkerOptions options;
    if (count != 4 + static_cast<int>(options.checked.size())) return usage();
    options.directory = words[2];
    options.seed = std::strtoull(words[3], nullptr, 10);
    for (std::size_t caller = 0; caller < options.checked.size(); ++caller) {
        options.checked[caller] = std::strtoull(words[4 + caller], nullptr, 10);
    }
    return static_cast<int>(run_worker(options));
}

bool read_plan(int count, char** words, Plan& plan) {
    for (int index = 1; index + 1 < count; index += 2) {
        const std::string_view name = words[index];
        const std::string value = words[index + 1];
        if (name == "--directory") {
            plan.directory = value;
            continue;
        }
        char* end = nullptr;
        const std::uint64_t number = std::strtoull(value.c_str(), &end, 10);
        if (value.empty() || *end != '\0') return false;
        if (name == "--seed") {
            plan.seed = number;
        } else if (name == "--kills") {
            plan.kills = static_cast<std::uint32_t>(number);
        } else if (name == "--kills-a-world" && number > 0) {
            plan.kills_a_world = static_cast<std::uint32_t>(number);
        } else if (name == "--rivalries") {
            plan.rivalries = static_cast<std::uint32_t>(number);
        } else if (name == "--fillings") {
            plan.fillings = static_cast<std::uint32_t>(number);
        } else {
            return false;
        }
    }
    return count % 2 == 1;
}

}  // namespace

int main(int count, char** words) {
    if (count > 1 && std::string_view(words[1]) == "worker") return become_worker(count, words);
    Plan plan;
    plan.seed = std::random_device{}();
    if (!read_plan(count, words, plan)) return usage();
    const bool own_directory = plan.directory.empty();
    if (own_directory) {
        std::string made =
            (std::filesystem::temp_directory_path() / "perdure-torture-XXXXXX").string();
        if (mkdtemp(made.data()) == nullptr) {
            std::cerr << "cannot make " << made << '\n';
            return 1;
        }
        plan.directory = made;
    }
    std::cout << "torture in " << plan.directory << ", --seed " << plan.seed << std::endl;
    const perdure::Status status = perdure::torture::Supervisor(plan).run();
    if (!status.ok()) {
        std::cerr << "FAILED: " << status.text() << '\n';
        return 1;
    }
    if (own_directory) std::filesystem::remove_all(plan.directory);
    return 0;
}
