#include "gondola/pipeline/bounded_queue.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using gondola::pipeline::BoundedQueue;

/// Long enough for a thread that is not blocked to get on with it.
void wait_a_moment() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

TEST(BoundedQueue, HandsOutInOrder) {
  BoundedQueue<int> queue(3);
  for (const int item : {1, 2, 3}) EXPECT_TRUE(queue.push(item));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 3);
}

TEST(BoundedQueue, MovesItemsThatCannotBeCopied) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.push(std::make_unique<int>(7));
  EXPECT_EQ(**queue.pop(), 7);
}

TEST(BoundedQueue, MakesTheProducerWaitForRoom) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed{0};
  std::thread producer([&] {
    for (int item = 0; item < 4; ++item) {
      queue.push(item);
      ++pushed;
    }
  });
  wait_a_moment();
  EXPECT_EQ(pushed, 2);
  EXPECT_EQ(queue.pop(), 0);
  EXPECT_EQ(queue.pop(), 1);
  producer.join();
  EXPECT_EQ(pushed, 4);
}

TEST(BoundedQueue, WaitsForRoomWithoutAnItem) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.wait_for_room());
  queue.push(1);
  std::atomic<bool> has_room{false};
  std::thread producer([&] { has_room = queue.wait_for_room(); });
  wait_a_moment();
  EXPECT_FALSE(has_room);
  queue.pop();
  producer.join();
  EXPECT_TRUE(has_room);
}

TEST(BoundedQueue, MakesTheConsumerWaitForAnItem) {
  BoundedQueue<int> queue(1);
  std::optional<int> taken;
  std::thread consumer([&] { taken = queue.pop(); });
  wait_a_moment();
  queue.push(5);
  consumer.join();
  EXPECT_EQ(taken, 5);
}

TEST(BoundedQueue, HandsOutWhatIsLeftAfterClose) {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.close();
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_FALSE(queue.wait_for_room());
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, WakesEverybodyOnClose) {
  BoundedQueue<int> full(1);
  full.push(1);
  BoundedQueue<int> empty(1);
  std::vector<std::thread> waiting;
  waiting.emplace_back([&] { EXPECT_FALSE(full.push(2)); });
  waiting.emplace_back([&] { EXPECT_FALSE(full.wait_for_room()); });
  waiting.emplace_back([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
  waiting.emplace_back([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
  wait_a_moment();
  full.close();
  empty.close();
  for (std::thread& thread : waiting) thread.join();
}

TEST(BoundedQueue, LosesAndDoublesNothingAmongManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kItems = 2000;
  BoundedQueue<int> queue(3);
  std::vector<std::thread> producers;
  for (int first = 0; first < kThreads; ++first)
    producers.emplace_back([&queue, first] {
      for (int item = first; item < kItems; item += kThreads) queue.push(item);
    });
  std::vector<std::atomic<int>> seen(kItems);
  std::vector<std::thread> consumers;
  for (int i = 0; i < kThreads; ++i)
    consumers.emplace_back([&] {
      while (const auto item = queue.pop()) ++seen[static_cast<std::size_t>(*item)];
    });
  for (std::thread& thread : producers) thread.join();
  queue.close();
  for (std::thread& thread : consumers) thread.join();
  EXPECT_THAT(seen, testing::Each(testing::ResultOf(
                        [](const std::atomic<int>& count) { return count.load(); }, 1)));
}

TEST(BoundedQueue, RefusesToHoldNothing) {
  EXPECT_THROW(BoundedQueue<int>(0), gondola::ContractViolation);
}

}  // namespace
