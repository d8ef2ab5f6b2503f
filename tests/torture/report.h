// Report: the lines that a worker writes to whoever keeps the book, each in one write: a line is
// there whole or not at all when the process is killed.
//
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <string>

namespace perdure::torture {

class Report {
public:
    explicit Report(int descriptor) : descriptor_(descriptor) {}
    // At most PIPE_BUF bytes. Ends the process if nobody listens any more.
    void line(std::string text) const;

private:
    int descriptor_;
};

}  // namespace perdure::torture
