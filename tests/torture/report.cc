#include "torture/report.h"

#include <climits>
#include <cstdlib>

#include <unistd.h>

#include "base/assert.h"

namespace perdure::torture {

void Report::line(std::string text) const {
    text += '\n';
    PERDURE_ASSERT(text.size() <= PIPE_BUF);
    if (::write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        std::_Exit(1);
    }
}

}  // namespace perdure::torture
