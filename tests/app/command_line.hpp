#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sys/wait.h>

#include "support/shared_data.hpp"

namespace gondola::app {

/// What a run of the program came to.
struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline std::string shell_quoted(const std::string& argument) {
  std::string text = "'";
  for (const char c : argument) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

/// Runs the real program, as a user would, in a new empty folder.
class CommandLine : public testing::Test {
 protected:
  Outcome run(const std::vector<std::string>& arguments) {
    std::string command =
        "cd " + shell_quoted(dir_.path().string()) + " && " + shell_quoted(program_);
    for (const std::string& argument : arguments) command += " " + shell_quoted(argument);
    command += " >stdout.txt 2>stderr.txt </dev/null";
    const int status = std::system(command.c_str());
    Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                    test::read_text(dir_ / "stdout.txt"), test::read_text(dir_ / "stderr.txt")};
    return outcome;
  }

  // Fails with exactly one line on standard error.
  std::string error_line(const std::vector<std::string>& arguments, int exit_code) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.out, testing::IsEmpty());
    EXPECT_THAT(outcome.err, testing::StartsWith("error: "));
    return outcome.err;
  }

  std::string file(const std::string& name) { return (dir_ / name).string(); }

  void write_picture(const std::string& name, int width = 64, int height = 48) {
    cv::imwrite(file(name), cv::Mat(height, width, CV_8UC3, cv::Scalar(80, 160, 240)));
  }

  const test::TempDir dir_;
  std::string program_ = GONDOLA_PROGRAM;
};

}  // namespace gondola::app
