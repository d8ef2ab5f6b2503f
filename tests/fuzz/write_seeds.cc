// perdure_fuzz_seeds DIR: writes the seeds of every target into DIR/<target>/, over those that are
// there.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "fuzz/seeds.h"

int main(int count, char** words) {
    if (count != 2) {
        std::cerr << "perdure_fuzz_seeds: give one directory, for example tests/fuzz/corpus\n";
        return 2;
    }
    const std::filesystem::path corpus = words[1];
    for (const perdure::fuzz::Seed& seed : perdure::fuzz::make_seeds()) {
        std::filesystem::create_directories(corpus / seed.target);
        const std::filesystem::path path = corpus / seed.target / seed.name;
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file.write(reinterpret_cast<const char*>(seed.bytes.data()),
                   static_cast<std::streamsize>(seed.bytes.size()));
        if (!file.flush()) {
            std::cerr << "perdure_fuzz_seeds: cannot write " << path << "\n";
            return 1;
        }
    }
    return 0;
}
