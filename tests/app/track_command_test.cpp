#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/command_line.hpp"
#include "gondola/media/video_source.hpp"
#include "gondola/media/video_writer.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class TrackCommand : public CommandLine {
 protected:
  /// A clip of a grey picture, 10 frames a second.
  void write_clip(const std::string& name, int frames) {
    media::VideoWriter writer(file(name), Size{160, 96});
    for (int i = 0; i < frames; ++i)
      writer.write(cv::Mat(96, 160, CV_8UC3, cv::Scalar::all(80 + i % 100)), i / 10.0);
    writer.finish();
  }

  std::vector<json> lines_of(const std::string& name) {
    std::vector<json> lines;
    std::istringstream text(test::read_text(dir_ / name));
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }

  static std::size_t frames_of(const std::string& path) {
    const auto source = media::open_video_file(path);
    std::size_t frames = 0;
    while (source->next()) ++frames;
    return frames;
  }

  /// Starts the program, waits until its JSONL has some lines, and sends a signal. Returns the wait
  /// status.
  int run_until_signal(std::vector<std::string> arguments, const std::string& jsonl, int signal) {
    const pid_t child = fork();
    if (child == 0) {
      if (chdir(dir_.path().c_str()) != 0) _exit(99);
      std::vector<char*> words = {program_.data()};
      for (std::string& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(98);
      execv(program_.c_str(), words.data());
      _exit(97);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      std::ifstream lines(file(jsonl));
      if (std::count(std::istreambuf_iterator<char>(lines), {}, '\n') >= 5) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }
};

class TrackCommandOnVideo : public TrackCommand {
 protected:
  void SetUp() override {
    GONDOLA_REQUIRE_SHARED("video/one-by-one-person-detection.mp4");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  }
  std::string people() {
    return (test::shared_dir() / "video/one-by-one-person-detection.mp4").string();
  }
  std::string weights() { return (test::shared_dir() / "weights/yolov8n.pt").string(); }
};

// The second person of the clip: comes in from below at 20 s, stands before the table, and leaves
// to the right at 45 s.
TEST_F(TrackCommandOnVideo, FollowsAPersonThroughALine) {
  test::write_text(dir_ / "scene.yaml",
                   "lines:\n"
                   "  - name: way out\n"
                   "    from: [0.75, 1]\n"
                   "    to: [0.75, 0]\n"
                   "    anchor: center\n"
                   "zones:\n"
                   "  - name: table\n"
                   "    polygon: [[0.4, 0], [0.75, 0], [0.75, 1], [0.4, 1]]\n"
                   "    anchor: center\n");
  const Outcome outcome =
      run({"track",      people(),       "--model",     weights(),  "--imgsz",
           "320",        "--classes",    "person",      "--start",  "21",
           "--end",      "47",           "--fps",       "5",        "--scene",
           "scene.yaml", "--counts",     "counts.json", "--events", "events.jsonl",
           "--jsonl",    "frames.jsonl", "--out",       "out",      "--heat-map",
           "heat.jpg",   "--mot",        "tracks.txt"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("different objects: person 1"));
  EXPECT_THAT(outcome.err, HasSubstr("way out: 1 in, 0 out"));

  const std::vector<json> frames = lines_of("frames.jsonl");
  EXPECT_NEAR(static_cast<double>(frames.size()), 130, 2);
  EXPECT_EQ(frames_of(file("out/one-by-one-person-detection.mp4")), frames.size());
  std::size_t with_track = 0;
  for (const json& frame : frames) {
    for (const json& detection : frame["detections"]) {
      ASSERT_EQ(detection["track"], 1);
      ++with_track;
    }
  }
  EXPECT_GT(with_track, 80U);

  std::vector<std::string> events;
  for (const json& event : lines_of("events.jsonl"))
    events.push_back(event["event"].get<std::string>() + ' ' + event["name"].get<std::string>());
  EXPECT_THAT(events, testing::Contains("entered table"));
  EXPECT_THAT(events, testing::Contains("in way out"));
  const json counts = json::parse(test::read_text(dir_ / "counts.json"));
  EXPECT_EQ(counts["counts"][0]["scope"], "line");
  EXPECT_EQ(counts["counts"][0]["in"], 1);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "heat.jpg"));
  EXPECT_THAT(test::read_text(dir_ / "tracks.txt"), HasSubstr(",1,"));
}

TEST_F(TrackCommandOnVideo, InterruptLeavesAVideoThatPlaysAndWholeLines) {
  const int status = run_until_signal({"track", people(), "--model", weights(), "--imgsz", "320",
                                       "--start", "20", "--jsonl", "frames.jsonl", "--out", "out"},
                                      "frames.jsonl", SIGINT);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const std::size_t lines = lines_of("frames.jsonl").size();
  EXPECT_GE(lines, 5U);
  EXPECT_EQ(frames_of(file("out/one-by-one-person-detection.mp4")), lines);
}

TEST_F(TrackCommandOnVideo, KillLeavesWholeLines) {
  const int status = run_until_signal({"track", people(), "--model", weights(), "--imgsz", "320",
                                       "--start", "20", "--jsonl", "frames.jsonl", "--out", "out"},
                                      "frames.jsonl", SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_GE(lines_of("frames.jsonl").size(), 5U);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out/one-by-one-person-detection.mp4"));
}

TEST_F(TrackCommand, DetectTakesVideosToo) {
  write_clip("clip.mp4", 12);
  const Outcome outcome =
      run({"detect", "clip.mp4", "--imgsz", "64", "--jsonl", "-", "--every", "2", "--out", "out"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 6);
  EXPECT_EQ(frames_of(file("out/clip.mp4")), 6U);
  EXPECT_THAT(outcome.err, HasSubstr("6 frames, "));
}

TEST_F(TrackCommand, TakesSeveralVideosOneAfterTheOtherAndGoesOnAfterABadOne) {
  write_clip("a.mp4", 3);
  write_clip("b.mp4", 2);
  test::write_text(dir_ / "c.mp4", "this is no video");
  const Outcome outcome =
      run({"track", "a.mp4", "c.mp4", "b.mp4", "--imgsz", "64", "--out", "out"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("c.mp4"));
  EXPECT_EQ(frames_of(file("out/a.mp4")), 3U);
  EXPECT_EQ(frames_of(file("out/b.mp4")), 2U);
}

TEST_F(TrackCommand, TakesAFolderOfFrames) {
  std::filesystem::create_directory(dir_ / "frames");
  for (const char* name : {"frames/1.jpg", "frames/2.jpg", "frames/10.jpg"}) write_picture(name);
  const Outcome outcome =
      run({"track", "frames", "--imgsz", "64", "--fps", "10", "--jsonl", "f.jsonl", "--save"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<json> frames = lines_of("f.jsonl");
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2]["frame"], 2);
  EXPECT_EQ(frames[2]["time_s"], 0.2);
  EXPECT_EQ(frames_of(file("gondola-out/frames.mp4")), 3U);
}

TEST_F(TrackCommand, NamesWhatIsWrong) {
  write_clip("clip.mp4", 3);
  test::write_text(dir_ / "no.mp4", "this is no video");
  test::write_text(dir_ / "scene.yaml", "lines:\n  - nam: door\n");
  EXPECT_THAT(error_line({"track"}, 2), HasSubstr("no SOURCE given"));
  EXPECT_THAT(error_line({"track", "no.mp4"}, 1), HasSubstr("no.mp4"));
  EXPECT_THAT(error_line({"track", "gone.mp4"}, 1), HasSubstr("gone.mp4"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "--scene", "scene.yaml"}, 2),
              HasSubstr("scene.yaml:2"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "--start", "5", "--end", "2"}, 2),
              HasSubstr("--end 2 is not after --start 5"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "--start", "50"}, 1), HasSubstr("clip.mp4"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "--heat-map", "heat.gif"}, 2),
              HasSubstr("--heat-map heat.gif"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "--camera-size", "big"}, 2),
              HasSubstr("--camera-size big"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "clip.mp4", "--mot", "m.txt"}, 2),
              HasSubstr("for one source"));
  EXPECT_THAT(error_line({"track", "clip.mp4", "--out", "."}, 2), HasSubstr("clip.mp4"));
  EXPECT_THAT(error_line({"track", "98"}, 1), HasSubstr("98"));
}

TEST_F(TrackCommand, KeepsPasswordsOfStreamsToItself) {
  const Outcome outcome =
      run({"track", "rtsp://me:secret@127.0.0.1:1/x", "--max-frames", "0", "--no-save"});
  EXPECT_THAT(outcome.err, HasSubstr("rtsp://me:***@127.0.0.1:1/x"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("secret")));
}

TEST_F(TrackCommand, SaysOnceThatThereIsNoDisplay) {
  write_clip("clip.mp4", 3);
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");
  const Outcome outcome = run({"track", "clip.mp4", "--imgsz", "64", "--show"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::size_t first = outcome.err.find("there is no display");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(outcome.err.find("there is no display", first + 1), std::string::npos);
}

TEST_F(TrackCommand, CamerasAreListedOrTheirAbsenceExplained) {
  const Outcome outcome = run({"cameras"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("/dev/video"));
  EXPECT_TRUE(json::parse(run({"cameras", "--json"}).out).is_array());
}

}  // namespace
}  // namespace gondola::app
