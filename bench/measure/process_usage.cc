#include "measure/process_usage.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

namespace perdure::bench {
namespace {

constexpr std::uint64_t sector_bytes =
    512;  // the unit of /proc/diskstats, whatever the device's own

std::string process_file(pid_t process, const char* name) {
    return "/proc/" + (process == 0 ? std::string("self") : std::to_string(process)) + "/" + name;
}

// The number after "<field>:" in a file of such lines; 0 if it is not there.
std::uint64_t labelled_number(const std::string& path, const std::string& field) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(field + ":")) {
            return std::stoull(line.substr(field.size() + 1));
        }
    }
    return 0;
}

// What children that have been waited for used: Redis rewrites its log in one.
double finished_children_seconds(pid_t process) {
    std::ifstream file(process_file(process, "stat"));
    std::string content;
    std::getline(file, content);
    std::istringstream fields(
        content.substr(content.rfind(')') + 1));  // the name may hold anything
    std::string skipped;
    for (int field = 3; field < 16; ++field)
        fields >> skipped;  // proc(5) counts from 1, the name is 2
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double clock_seconds(clockid_t clock) {
    timespec time{};
    if (clock_gettime(clock, &time) != 0) {
        throw std::system_error(errno, std::generic_category(), "reading a CPU clock");
    }
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::optional<DeviceUsage> read_device(const std::string& device) {
    std::ifstream file("/proc/diskstats");
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        std::string major, minor, name;
        std::uint64_t field[17] =
            {};  // numbered as in the kernel's Documentation/admin-guide/iostats.rst, from 0
        fields >> major >> minor >> name;
        for (std::uint64_t& value : field) {
            fields >> value;
        }
        if (major + ":" + minor == device) {
            return DeviceUsage{field[6] * sector_bytes, field[4], field[15]};
        }
    }
    return std::nullopt;
}

}  // namespace

ProcessUsage process_usage(pid_t process) {
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    double children_seconds = 0;
    if (process != 0) {
        if (const int error = clock_getcpuclockid(process, &clock); error != 0) {
            throw std::system_error(error, std::generic_category(),
                                    "CPU clock of process " + std::to_string(process));
        }
        children_seconds = finished_children_seconds(process);
    }
    return {clock_seconds(clock) + children_seconds,
            labelled_number(process_file(process, "io"), "write_bytes")};
}

ProcessMemory process_memory(pid_t process) {
    const std::string status = process_file(process, "status");
    return {labelled_number(status, "VmRSS") * 1024, labelled_number(status, "VmHWM") * 1024};
}

double thread_cpu_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }

ProcessUsage ProcessMeter::since_start() const {
    const ProcessUsage now = process_usage(process_);
    return {now.cpu_seconds - start_.cpu_seconds, now.bytes_written - start_.bytes_written};
}

DeviceMeter::DeviceMeter(const std::filesystem::path& directory) {
    struct stat status {};
    if (stat(directory.c_str(), &status) != 0) {
        throw std::system_error(errno, std::generic_category(), directory.string());
    }
    device_ = std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
    start_ = read_device(device_);
}

DeviceUsage DeviceMeter::since_start() const {
    if (!start_) {
        return {};
    }
    const DeviceUsage now = read_device(device_).value_or(*start_);
    return {now.bytes_written - start_->bytes_written, now.writes - start_->writes,
            now.flushes - start_->flushes};
}

void flush_file_system(const std::filesystem::path& directory) {
    const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int outcome = file < 0 ? -1 : syncfs(file);
    const int error = errno;
    if (file >= 0) {
        close(file);
    }
    if (outcome != 0) {
        throw std::system_error(error, std::generic_category(), "syncfs " + directory.string());
    }
}

}  // namespace perdure::bench
