#include "gondola/core/cpus.hpp"

#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>

#include "support/shared_data.hpp"

namespace gondola {
namespace {

namespace fs = std::filesystem;

/// A made-up /sys/fs/cgroup and /proc/self/cgroup.
class FakeCgroups {
 public:
  explicit FakeCgroups(const std::string& self) {
    fs::create_directories(dir_ / "root");
    test::write_text(dir_ / "self", self);
  }

  void write(const std::string& path, const std::string& text) {
    const fs::path file = dir_ / ("root/" + path);
    fs::create_directories(file.parent_path());
    test::write_text(file, text);
  }

  int cpus() const { return usable_cpus({dir_ / "root", dir_ / "self"}); }

 private:
  test::TempDir dir_;
};

/// Without quota, what the affinity allows. Quotas of up to one CPU show on any machine.
int unlimited() { return FakeCgroups("0::/\n").cpus(); }

TEST(UsableCpus, IsAtLeastOneHere) { EXPECT_GE(usable_cpus(), 1); }

TEST(UsableCpus, FollowsTheAffinity) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(unlimited(), CPU_COUNT(&before));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &before)) continue;
    CPU_SET(cpu, &one);
    break;
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(unlimited(), 1);
  sched_setaffinity(0, sizeof before, &before);
}

TEST(UsableCpus, FollowsAVersion2QuotaRoundedUp) {
  FakeCgroups groups("0::/work\n");
  groups.write("work/cpu.max", "50000 100000\n");
  EXPECT_EQ(groups.cpus(), 1);
  groups.write("work/cpu.max", "120000 100000\n");
  EXPECT_EQ(groups.cpus(), std::min(2, unlimited()));
  groups.write("work/cpu.max", "max 100000\n");
  EXPECT_EQ(groups.cpus(), unlimited());
}

TEST(UsableCpus, FindsTheLimitOnAParent) {
  FakeCgroups groups("0::/pod/container/process\n");
  groups.write("pod/cpu.max", "100000 100000\n");
  groups.write("pod/container/cpu.max", "max 100000\n");
  EXPECT_EQ(groups.cpus(), 1);
}

TEST(UsableCpus, FindsTheLimitAtTheMountPointOfAContainer) {
  // The path is the host's and does not exist in here.
  FakeCgroups groups("0::/docker/0123456789abcdef\n");
  groups.write("cpu.max", "100000 100000\n");
  EXPECT_EQ(groups.cpus(), 1);
}

TEST(UsableCpus, StaysInsideItsMountPoint) {
  FakeCgroups groups("0::/../outside\n");
  groups.write("../outside/cpu.max", "100000 100000\n");
  EXPECT_EQ(groups.cpus(), unlimited());
}

TEST(UsableCpus, FollowsAVersion1Quota) {
  for (const std::string mount : {"cpu", "cpu,cpuacct"}) {
    SCOPED_TRACE(mount);
    FakeCgroups groups("3:cpuset:/\n2:cpu,cpuacct:/work\n1:memory:/other\n");
    groups.write(mount + "/work/cpu.cfs_quota_us", "100000\n");
    groups.write(mount + "/work/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(groups.cpus(), 1);
    groups.write(mount + "/work/cpu.cfs_quota_us", "-1\n");
    EXPECT_EQ(groups.cpus(), unlimited());
  }
}

TEST(UsableCpus, FollowsVersion2BesideVersion1) {
  FakeCgroups groups("1:cpuset:/\n0::/work\n");
  groups.write("unified/work/cpu.max", "100000 100000\n");
  EXPECT_EQ(groups.cpus(), 1);
}

TEST(UsableCpus, IsNotLimitedByWhatCannotBeRead) {
  EXPECT_EQ(usable_cpus({"/nowhere", "/nowhere/self"}), unlimited());
  FakeCgroups groups("no colons\n1:one colon\n0::/work\n");
  groups.write("work/cpu.max", "nonsense");
  EXPECT_EQ(groups.cpus(), unlimited());
  groups.write("work/cpu.max", "0 0");
  EXPECT_EQ(groups.cpus(), unlimited());
}

}  // namespace
}  // namespace gondola
