#include "base/utc.h"

#include <chrono>

#include "base/text.h"

namespace perdure {

std::string utc_text(std::int64_t wall_us) {
    const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(wall_us)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
    return text::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", int{date.year()},
                        unsigned{date.month()}, unsigned{date.day()}, time.hours().count(),
                        time.minutes().count(), time.seconds().count());
}

}  // namespace perdure
