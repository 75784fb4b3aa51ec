#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gondola/core/text.hpp"
#include "gondola/train/process_group.hpp"
#include "support/shared_data.hpp"

namespace gondola::test {

/// Starts this program for the running test alone: LibTorch's threads do not survive a mere fork.
inline pid_t start_this_test(const std::string& variable, const std::string& log) {
  const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
  std::string filter = std::string("--gtest_filter=") + info.test_suite_name() + "." + info.name();
  std::string program = "train_test";
  const pid_t child = fork();
  if (child != 0) return child;
  setenv("GONDOLA_TEST_PROCESS", variable.c_str(), 1);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  char* const arguments[] = {program.data(), filter.data(), nullptr};
  execv("/proc/self/exe", arguments);
  _exit(127);
}

/// What the environment tells a process that in_processes() has started: its rank, and the file
/// where it meets the others.
inline std::vector<std::string> process_words() {
  const char* text = std::getenv("GONDOLA_TEST_PROCESS");
  return text == nullptr ? std::vector<std::string>() : split(text, ' ');
}

/// A folder that all processes of in_processes() see.
inline std::filesystem::path common_folder() {
  return std::filesystem::path(process_words().at(1)).parent_path();
}

/// Runs the body in `size` processes that make a group; each of them has to pass.
inline void in_processes(int size, const std::function<void(train::ProcessGroup&)>& body) {
  if (const auto words = process_words(); !words.empty()) {
    train::ProcessGroup group(words[1], std::stoi(words[0]), size);
    body(group);
    return;
  }
  const TempDir dir;
  std::vector<std::pair<pid_t, std::string>> children;
  for (int rank = 0; rank < size; ++rank) {
    const std::string log = (dir / ("log" + std::to_string(rank))).string();
    const std::string variable = std::to_string(rank) + " " + (dir / "meeting").string();
    children.emplace_back(start_this_test(variable, log), log);
  }
  for (const auto& [child, log] : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << read_text(log);
  }
}

}  // namespace gondola::test
