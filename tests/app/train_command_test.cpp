#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>
#include <unistd.h>

#include "app/command_line.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/safetensors.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kModel =
    "name: tiny\n"
    "classes: [thing]\n"
    "scale: {depth: 1, width: 1, max_channels: 64}\n"
    "activation: silu\n"
    "backbone:\n"
    "  - {block: conv, channels: 8, stride: 2}\n"
    "  - {block: conv, channels: 16, stride: 2}\n"
    "  - {block: conv, id: p3, channels: 16, stride: 2}\n"
    "  - {block: conv, id: p4, channels: 16, stride: 2}\n"
    "neck:\n"
    "  - {block: upsample, factor: 2}\n"
    "  - {block: concat, from: [previous, p3]}\n"
    "  - {block: conv, id: out8, channels: 16, kernel: 1}\n"
    "head: {from: [out8, p4], strides: [8, 16], reg_max: 4}\n";

class TrainCommand : public CommandLine {
 protected:
  // Twelve pictures with one bright square each; four of them for validation.
  void SetUp() override {
    for (const char* split : {"train", "val"}) {
      fs::create_directories(dir_ / (std::string("images/") + split));
      fs::create_directories(dir_ / (std::string("labels/") + split));
      const int count = std::string(split) == "train" ? 8 : 4;
      for (int i = 0; i < count; ++i) {
        const std::string name = std::string(split) + "/" + std::to_string(i);
        cv::Mat picture(64, 64, CV_8UC3, cv::Scalar(30, 60, 20));
        const int x = 4 + 4 * i;
        cv::rectangle(picture, {x, 16, 24, 32}, {220, 200, 240}, cv::FILLED);
        cv::imwrite(file("images/" + name + ".png"), picture);
        test::write_text(dir_ / ("labels/" + name + ".txt"),
                         "0 " + std::to_string((x + 12) / 64.0) + " 0.5 0.375 0.5\n");
      }
    }
    test::write_text(dir_ / "data.yaml", "train: images/train\nval: images/val\nnames: [square]\n");
    test::write_text(dir_ / "tiny.yaml", kModel);
  }

  static std::vector<std::string> arguments(const std::string& out, int epochs) {
    return {"train",
            "--data",
            "data.yaml",
            "--model",
            "tiny.yaml",
            "--imgsz",
            "64",
            "--batch",
            "2",
            "--threads",
            "1",
            "--epochs",
            std::to_string(epochs),
            "--out",
            out,
            "--precision",
            "fp32",
            "--checkpoint-minutes",
            "0"};
  }

  // Starts the program and goes on.
  pid_t start(const std::vector<std::string>& words) {
    const pid_t child = fork();
    if (child != 0) return child;
    std::vector<std::string> all = words;
    all.insert(all.begin(), GONDOLA_PROGRAM);
    std::vector<char*> pointers;
    for (std::string& word : all) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int log = open(file("stderr.txt").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(log, STDERR_FILENO);
    if (chdir(dir_.path().c_str()) == 0) execv(pointers[0], pointers.data());
    _exit(127);
  }

  bool wait_for(const std::string& name) const {
    for (int i = 0; i < 600 && !fs::exists(dir_ / name); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return fs::exists(dir_ / name);
  }

  static int status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }
};

void expect_same_tensors(const fs::path& a, const fs::path& b) {
  const nn::SafetensorsFile left = nn::read_safetensors(a);
  const nn::SafetensorsFile right = nn::read_safetensors(b);
  ASSERT_EQ(left.tensors.size(), right.tensors.size());
  for (const auto& [name, tensor] : left.tensors) {
    const nn::TensorData* other = right.tensors.find(name);
    ASSERT_NE(other, nullptr) << name;
    ASSERT_EQ(tensor.byte_size(), other->byte_size()) << name;
    EXPECT_EQ(std::memcmp(tensor.data.get(), other->data.get(), tensor.byte_size()), 0) << name;
  }
}

TEST_F(TrainCommand, LeavesARunFolderWithWeightsCurvesPicturesAndAPage) {
  const Outcome outcome = run(arguments("run", 2));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("epoch 2/2: loss"));
  EXPECT_THAT(outcome.err, HasSubstr("best: epoch"));
  for (const char* name :
       {"best.safetensors", "last.safetensors", "checkpoint.safetensors", "train.yaml", "loss.png",
        "measures.png", "precision_recall.png", "confusion.png", "train_batch_1.jpg",
        "val_labels.jpg", "val_found.jpg"}) {
    EXPECT_TRUE(fs::exists(dir_ / (std::string("run/") + name))) << name;
  }
  const std::string csv = test::read_text(dir_ / "run/results.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  const std::string page = test::read_text(dir_ / "run/index.html");
  EXPECT_THAT(page, HasSubstr("data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THAT(page, Not(HasSubstr("src=\"loss.png\"")));
  const auto weights = nn::read_safetensors(dir_ / "run/best.safetensors");
  EXPECT_EQ(weights.metadata.at("gondola.classes"), "[\"square\"]");
  EXPECT_THAT(weights.metadata.at("gondola.training"), HasSubstr("\"best_epoch\""));
  EXPECT_EQ(weights.metadata.count("gondola.conf"), 1U);
  // A file of its own: nothing else is needed to run it.
  EXPECT_EQ(run({"detect", "images/val/0.png", "--model", "run/best.safetensors", "--imgsz", "64"})
                .exit_code,
            0);
}

TEST_F(TrainCommand, KilledInTheMiddleAndResumedEndsWithTheSameWeights) {
  constexpr int kEpochs = 60;
  ASSERT_EQ(run(arguments("straight", kEpochs)).exit_code, 0);

  const pid_t child = start(arguments("killed", kEpochs));
  ASSERT_TRUE(wait_for("killed/results.csv"));
  kill(child, SIGKILL);
  ASSERT_TRUE(WIFSIGNALED(status_of(child))) << "the run was over before it could be killed";

  const Outcome resumed = run({"train", "--resume", "killed"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed after"));
  expect_same_tensors(dir_ / "straight/last.safetensors", dir_ / "killed/last.safetensors");
}

TEST_F(TrainCommand, CtrlCSavesAndSaysHowToGoOn) {
  const pid_t child = start(arguments("run", 500));
  ASSERT_TRUE(wait_for("run/checkpoint.safetensors"));
  kill(child, SIGINT);
  const int status = status_of(child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(test::read_text(dir_ / "stderr.txt"),
              HasSubstr("stopped; go on with: gondola train --resume run"));
}

// The words of a run in two processes.
std::vector<std::string> in_two(std::vector<std::string> words) {
  words.emplace_back("--processes");
  words.emplace_back("2");
  return words;
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The box loss of each epoch.
std::vector<double> box_losses(const fs::path& csv) {
  std::istringstream lines(test::read_text(csv));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = split(line, ',');
  const auto column = std::find(names.begin(), names.end(), "box_loss") - names.begin();
  std::vector<double> losses;
  while (std::getline(lines, line)) {
    losses.push_back(std::stod(split(line, ',').at(static_cast<std::size_t>(column))));
  }
  return losses;
}

// The processes that a process has started.
std::vector<pid_t> children_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::istringstream ids(test::read_text("/proc/" + id + "/task/" + id + "/children"));
  return {std::istream_iterator<pid_t>(ids), {}};
}

TEST_F(TrainCommand, TwoProcessesLearnWhatOneDoes) {
  ASSERT_EQ(run(arguments("one", 3)).exit_code, 0);
  const Outcome outcome = run(in_two(arguments("two", 3)));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("2 processes: cpu, cpu"));
  // Told once, by the first of them.
  EXPECT_EQ(count_of(outcome.err, "epoch 3/3: loss"), 1) << outcome.err;
  EXPECT_EQ(count_of(outcome.err, "train: 8 pictures"), 1) << outcome.err;
  for (const char* name : {"best.safetensors", "last.safetensors", "index.html", "train.yaml"}) {
    EXPECT_TRUE(fs::exists(dir_ / (std::string("two/") + name))) << name;
  }
  const std::vector<double> one = box_losses(dir_ / "one/results.csv");
  const std::vector<double> two = box_losses(dir_ / "two/results.csv");
  ASSERT_EQ(one.size(), 3U);
  ASSERT_EQ(two.size(), 3U);
  // Batch normalisation sees one picture at a time instead of two.
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(two[i], one[i], 0.2 * one[i]);
}

TEST_F(TrainCommand, TwoProcessesStopAndGoOnExactlyAsTwo) {
  constexpr int kEpochs = 15;
  ASSERT_EQ(run(in_two(arguments("straight", kEpochs))).exit_code, 0);
  const pid_t child = start(in_two(arguments("stopped", kEpochs)));
  ASSERT_TRUE(wait_for("stopped/results.csv"));
  kill(child, SIGINT);
  const int status = status_of(child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1) << "the run was over before it could be stopped";
  const std::string err = test::read_text(dir_ / "stderr.txt");
  EXPECT_EQ(count_of(err, "stopped; go on with: gondola train --resume stopped"), 1) << err;
  EXPECT_EQ(count_of(err, "error:"), 0) << err;

  const Outcome other = run({"train", "--resume", "stopped", "--processes", "1"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("was trained with 'processes 2', now it is 'processes 1'"));

  const Outcome resumed = run({"train", "--resume", "stopped"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  expect_same_tensors(dir_ / "straight/last.safetensors", dir_ / "stopped/last.safetensors");
}

TEST_F(TrainCommand, AProcessThatDiesEndsTheOthersInOneLine) {
  for (const std::size_t victim : {0U, 1U}) {
    const std::string out = "run" + std::to_string(victim);
    const pid_t child = start(in_two(arguments(out, 500)));
    ASSERT_TRUE(wait_for(out + "/checkpoint.safetensors"));
    const std::vector<pid_t> processes = children_of(child);
    ASSERT_EQ(processes.size(), 2U);
    kill(processes[victim], SIGKILL);
    const int status = status_of(child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 1);
    const std::string err = test::read_text(dir_ / "stderr.txt");
    EXPECT_THAT(err, HasSubstr("error: training process " + std::to_string(victim + 1) +
                               " of 2 (cpu) was killed (Killed); go on from the last checkpoint "
                               "with --resume\n"));
    EXPECT_EQ(count_of(err, "error:"), 1) << err;
    for (const pid_t process : processes) EXPECT_NE(kill(process, 0), 0);
  }
}

TEST_F(TrainCommand, ProcessesDieWithTheOneThatStartedThem) {
  const pid_t child = start(in_two(arguments("run", 500)));
  ASSERT_TRUE(wait_for("run/checkpoint.safetensors"));
  const std::vector<pid_t> processes = children_of(child);
  ASSERT_EQ(processes.size(), 2U);
  kill(child, SIGKILL);
  status_of(child);
  for (const pid_t process : processes) {
    // Gone, or dead and not yet fetched by whoever inherited it.
    const fs::path state = "/proc/" + std::to_string(process) + "/status";
    const auto is_dead = [&] {
      const std::string text = test::read_text(state);
      return text.empty() || text.find("State:\tZ") != std::string::npos;
    };
    for (int i = 0; i < 200 && !is_dead(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_TRUE(is_dead());
  }
}

TEST_F(TrainCommand, ProcessesThatCannotBeAreOneLine) {
  EXPECT_THAT(
      error_line(in_two({"train", "--data", "data.yaml", "--model", "tiny.yaml", "--batch", "3"}),
                 2),
      HasSubstr("--batch 3 cannot be shared evenly by 2 processes; use a multiple of 2"));
  EXPECT_THAT(error_line(in_two({"train", "--data", "data.yaml", "--model", "tiny.yaml", "--device",
                                 "cuda:0"}),
                         2),
              HasSubstr("--processes 2 with --device cuda:0: a GPU takes one process"));
  EXPECT_THAT(
      error_line({"train", "--data", "data.yaml", "--model", "tiny.yaml", "--device", "cuda:0,cpu"},
                 2),
      HasSubstr("'cpu' in a list"));
  EXPECT_THAT(
      error_line(
          {"train", "--data", "data.yaml", "--model", "tiny.yaml", "--device", "cuda:0,cuda:0"}, 2),
      HasSubstr("cuda:0 is there twice"));
  // What all of them run into is told by the first.
  const Outcome outcome = run(in_two({"train", "--data", "nowhere.yaml", "--model", "tiny.yaml"}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(count_of(outcome.err, "error: "), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("nowhere.yaml"));
}

TEST_F(TrainCommand, StartsFromWeightsWithOtherClassesAndTellsWhatWasKept) {
  ASSERT_EQ(run(arguments("first", 1)).exit_code, 0);
  test::write_text(dir_ / "data.yaml",
                   "train: images/train\nval: images/val\nnames: [square, disc]\n");
  std::vector<std::string> words = arguments("second", 1);
  for (const char* word : {"--weights", "first/last.safetensors", "--activation", "relu"}) {
    words.emplace_back(word);
  }
  const Outcome outcome = run(words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("started from first/last.safetensors"));
  EXPECT_THAT(outcome.err, HasSubstr("new: model."));
  EXPECT_THAT(outcome.err, HasSubstr("was trained with silu, this run uses relu"));
  EXPECT_THAT(outcome.err, HasSubstr("tiny, relu, fp32"));
}

TEST_F(TrainCommand, WrongWordsAreOneLine) {
  EXPECT_THAT(error_line({"train"}, 2), HasSubstr("train needs --data and --model"));
  EXPECT_THAT(error_line({"train", "--data", "nowhere.yaml", "--model", "tiny.yaml"}, 1),
              HasSubstr("nowhere.yaml"));
  EXPECT_THAT(error_line({"train", "--resume", "nowhere"}, 1), HasSubstr("nowhere/train.yaml"));
  EXPECT_THAT(
      error_line({"train", "--data", "data.yaml", "--model", "tiny.yaml", "--mosaic", "2"}, 2),
      HasSubstr("mosaic"));
}

TEST_F(TrainCommand, DoesNotOverwriteARun) {
  ASSERT_EQ(run(arguments("run", 1)).exit_code, 0);
  const Outcome again = run(arguments("run", 1));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("run holds a run already; go on with --resume run"));
}

TEST_F(TrainCommand, NamesFaultyLabelsAndGoesOnUnlessStrict) {
  test::write_text(dir_ / "labels/train/0.txt", "0 0.5 0.5 0.4 0.4\n7 0.5 0.5 0.2 0.2\n");
  const Outcome outcome = run(arguments("run", 1));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("labels/train/0.txt:2"));
  std::vector<std::string> strict = arguments("strict", 1);
  strict.emplace_back("--strict");
  EXPECT_THAT(error_line(strict, 2), HasSubstr("labels/train/0.txt:2"));
}

}  // namespace
}  // namespace gondola::app
