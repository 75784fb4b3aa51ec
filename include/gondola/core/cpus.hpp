#pragma once

#include <filesystem>

namespace gondola {

/// Where the kernel tells about control groups; other places are for tests.
struct CgroupPaths {
  std::filesystem::path root = "/sys/fs/cgroup";
  std::filesystem::path self = "/proc/self/cgroup";
};

/// How many CPUs this process may keep busy, at least 1: the smaller of its scheduling affinity and
/// its control groups' CPU quota, a fraction rounded up.
///
/// Quotas are looked for in version 2 (cpu.max) and version 1 (cpu.cfs_quota_us) hierarchies, in
/// the process's own group and all its parents, any of which may hold the limit. What cannot be
/// read does not limit. Thread-safe; reads files on every call.
int usable_cpus(const CgroupPaths& paths = {});

}  // namespace gondola
