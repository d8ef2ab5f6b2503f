// What a piece of work cost the machine: CPU, memory, bytes written, flushes.
//
//   DeviceMeter device("/srv/bench");                  // the disk that holds that directory
//   ProcessMeter process;                              // this process; ProcessMeter(pid) a server
//   we started work(); flush_file_system("/srv/bench"); device.since_start().bytes_written;
//   process.since_start().cpu_seconds;
//
// The device's counters see everybody's writes, file system metadata included: the true figure, on
// a quiet machine. The process's own counter sees only what that process made dirty, but by whole
// folios of the page cache: exact for O_DIRECT, several times too high for small buffered writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace perdure::bench {

struct ProcessUsage {
    double cpu_seconds = 0;  // user and system, all threads; of a server also its finished children
    std::uint64_t bytes_written =
        0;  // sent, or due to be sent, to storage (/proc/<pid>/io write_bytes)
};

struct ProcessMemory {
    std::uint64_t resident_bytes = 0;       // VmRSS, now
    std::uint64_t resident_bytes_peak = 0;  // VmHWM, since the process began
};

// 0 is this process. Throws std::system_error if the process is gone.
ProcessUsage process_usage(pid_t process = 0);
ProcessMemory process_memory(pid_t process = 0);

// CPU seconds of the calling thread, to leave out what it does between timed parts.
double thread_cpu_seconds();

class ProcessMeter {
public:
    explicit ProcessMeter(pid_t process = 0) : process_(process), start_(process_usage(process)) {}
    ProcessUsage since_start() const;

private:
    pid_t process_;
    ProcessUsage start_;
};

struct DeviceUsage {
    std::uint64_t bytes_written = 0;
    std::uint64_t writes = 0;
    std::uint64_t flushes = 0;  // cache flushes that reached the device
};

// Reads /proc/diskstats. Where the directory is on no plain disk (tmpfs, overlay, btrfs) it
// measures nothing.
class DeviceMeter {
public:
    explicit DeviceMeter(const std::filesystem::path& directory);

    bool available() const { return start_.has_value(); }
    DeviceUsage since_start() const;  // zeros if not available

private:
    std::string device_;  // "<major>:<minor>"
    std::optional<DeviceUsage> start_;
};

// syncfs(): all that was written to this directory's file system is on the device when it returns.
void flush_file_system(const std::filesystem::path& directory);

}  // namespace perdure::bench
