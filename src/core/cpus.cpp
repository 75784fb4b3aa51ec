#include "gondola/core/cpus.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>

#include "gondola/core/text.hpp"

namespace gondola {
namespace {

namespace fs = std::filesystem;

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

int cpus_in_affinity() {
  // The kernel refuses a mask that is too short for the machine, without telling its own length.
  constexpr int kMostCpus = 1 << 20;
  for (int capacity = CPU_SETSIZE; capacity <= kMostCpus; capacity *= 2) {
    std::vector<cpu_set_t> mask(static_cast<std::size_t>(capacity / CPU_SETSIZE));
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) == 0) return CPU_COUNT_S(bytes, mask.data());
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

/// Version 2: "max 100000" or "150000 100000", quota and period in microseconds.
double quota_v2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && quota > 0 && period > 0) return quota / period;
  return kUnlimited;
}

/// Version 1: one number per file, -1 for no limit.
double quota_v1(const fs::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) {
    return quota / period;
  }
  return kUnlimited;
}

/// The tightest quota of a group and its parents up to the mount point of the hierarchy.
///
/// Inside a container the path may be the one on the host, which cannot be seen here; the parents
/// are then missing, and the mount point is the container's own group.
double tightest_quota(const fs::path& mount, const std::string& group,
                      double (*quota_of)(const fs::path&)) {
  double tightest = quota_of(mount);
  fs::path place = mount;
  for (const std::string& name : split(group, '/')) {
    if (name.empty()) continue;
    if (name == "..") break;  // a group outside the namespace of this process
    place /= name;
    tightest = std::min(tightest, quota_of(place));
  }
  return tightest;
}

/// Lines of /proc/self/cgroup are "hierarchy:controllers:path"; version 2 has no controllers.
double cpus_in_quota(const CgroupPaths& paths) {
  double tightest = kUnlimited;
  std::ifstream file(paths.self);
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      // "unified" is where version 2 is mounted beside version 1.
      for (const fs::path& mount : {paths.root, paths.root / "unified"}) {
        tightest = std::min(tightest, tightest_quota(mount, group, quota_v2));
      }
      continue;
    }
    const std::vector<std::string> names = split(controllers, ',');
    if (std::find(names.begin(), names.end(), "cpu") == names.end()) continue;
    for (const fs::path& mount : {paths.root / "cpu", paths.root / controllers}) {
      tightest = std::min(tightest, tightest_quota(mount, group, quota_v1));
    }
  }
  return tightest;
}

}  // namespace

int usable_cpus(const CgroupPaths& paths) {
  const double usable =
      std::min(static_cast<double>(cpus_in_affinity()), std::ceil(cpus_in_quota(paths)));
  return std::max(1, static_cast<int>(usable));
}

}  // namespace gondola
