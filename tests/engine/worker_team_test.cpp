#include "worker_team.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"

namespace gondola::engine {
namespace {

TEST(WorkerTeam, EveryMemberRunsOncePerRun) {
  for (const int size : {1, 2, 3, 7}) {
    WorkerTeam team(size);
    EXPECT_EQ(team.size(), size);
    // Not atomic: run() must order the members' writes before what follows it.
    std::vector<int> runs(static_cast<std::size_t>(size));
    const std::function<void(int)> job = [&](int member) {
      ++runs[static_cast<std::size_t>(member)];
    };
    for (int i = 1; i <= 300; ++i) {
      team.run(job);
      ASSERT_EQ(runs, std::vector<int>(static_cast<std::size_t>(size), i));
    }
  }
}

TEST(WorkerTeam, MembersAreThreadsOfTheirOwnAndTheCallerIsTheFirst) {
  WorkerTeam team(3);
  std::vector<std::thread::id> ids(3);
  team.run([&](int member) { ids[static_cast<std::size_t>(member)] = std::this_thread::get_id(); });
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  EXPECT_EQ(std::set<std::thread::id>(ids.begin(), ids.end()).size(), 3U);
}

// After the n-th meeting every member must see that all have arrived n times, and none n + 2 times.
void expect_meetings_to_be_barriers(int size, int meetings) {
  WorkerTeam team(size);
  std::vector<std::atomic<int>> arrivals(static_cast<std::size_t>(size));
  std::atomic<int> faults{0};
  team.run([&](int member) {
    for (int meeting = 1; meeting <= meetings; ++meeting) {
      ++arrivals[static_cast<std::size_t>(member)];
      team.meet();
      for (const std::atomic<int>& other : arrivals) {
        const int seen = other.load();
        if (seen < meeting || seen > meeting + 1) ++faults;
      }
    }
  });
  EXPECT_EQ(faults, 0);
  for (const std::atomic<int>& arrived : arrivals) EXPECT_EQ(arrived, meetings);
}

TEST(WorkerTeam, MeetingIsABarrier) {
  expect_meetings_to_be_barriers(1, 100);
  expect_meetings_to_be_barriers(2, 3000);
}

TEST(WorkerTeam, MoreMembersThanCpusGiveWayToEachOther) {
  expect_meetings_to_be_barriers(usable_cpus() + 3, 300);
}

TEST(WorkerTeam, MeetingOrdersPlainWrites) {
  constexpr int kRounds = 500;
  WorkerTeam team(2);
  std::vector<int> values(2);
  std::atomic<int> faults{0};
  team.run([&](int member) {
    for (int round = 1; round <= kRounds; ++round) {
      values[static_cast<std::size_t>(member)] = round;
      team.meet();
      if (values[static_cast<std::size_t>(1 - member)] != round) ++faults;
      team.meet();
    }
  });
  EXPECT_EQ(faults, 0);
}

TEST(WorkerTeam, SleepersWakeForTheNextRun) {
  WorkerTeam team(3);
  std::atomic<int> runs{0};
  for (int i = 0; i < 5; ++i) {
    team.run([&](int) { ++runs; });
    // Long enough for members to stop looking and go to sleep.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(runs, 15);
}

TEST(WorkerTeam, EndsWithoutARunAndAfterALongSleep) {
  for (int i = 0; i < 20; ++i) WorkerTeam(4);
  const WorkerTeam asleep(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

TEST(WorkerTeam, NobodyIsNoTeam) { EXPECT_THROW(WorkerTeam(0), ContractViolation); }

}  // namespace
}  // namespace gondola::engine
