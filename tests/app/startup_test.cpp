#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/command_line.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

using testing::HasSubstr;
using testing::Not;

class Startup : public CommandLine {};

// Each of these takes longer to load than a picture takes to go through the network.
TEST_F(Startup, LoadsNothingThatIsSlowToLoad) {
  const std::string list = (dir_ / "libraries.txt").string();
  ASSERT_EQ(std::system(("ldd " GONDOLA_PROGRAM " > " + shell_quoted(list)).c_str()), 0);
  const std::string libraries = test::read_text(list);
  EXPECT_THAT(libraries, HasSubstr("libopencv_core"));
  for (const char* slow : {"libtorch", "libc10", "libopencv_imgcodecs", "libopencv_freetype",
                           "libopencv_videoio", "libopencv_highgui", "libavformat"}) {
    EXPECT_THAT(libraries, Not(HasSubstr(slow)));
  }
}

// A copy alone in a folder has neither gondola-video nor gondola-torch beside it.
TEST_F(Startup, SaysWhatNeedsAProgramThatIsMissing) {
  write_picture("a.jpg");
  std::filesystem::copy_file(GONDOLA_PROGRAM, dir_ / "gondola");
  const std::string beside = (dir_ / "gondola-torch").string();
  program_ = dir_ / "gondola";
  EXPECT_THAT(error_line({"train", "--epochs", "3"}, 1),
              HasSubstr("gondola train needs " + beside +
                        ": No such file or directory; install it "
                        "beside gondola"));
  EXPECT_THAT(error_line({"info", "--help"}, 1), HasSubstr("gondola info needs " + beside));
  EXPECT_THAT(error_line({"detect", "a.jpg", "--device", "cuda"}, 1),
              HasSubstr("gondola detect --device cuda needs " + beside));
  EXPECT_THAT(error_line({"track", "0"}, 1),
              HasSubstr("gondola track needs " + (dir_ / "gondola-video").string() +
                        ": No such file or directory; install it beside gondola"));
  EXPECT_THAT(error_line({"synth", "--help"}, 1), HasSubstr("gondola synth needs "));
  test::write_text(dir_ / "options.yaml", "runtime: libtorch\n");
  EXPECT_THAT(error_line({"val", "--config", "options.yaml"}, 1),
              HasSubstr("gondola val --runtime libtorch needs " + beside));
}

TEST_F(Startup, HelpListsAndCorrectsTheCommandsOfAllPrograms) {
  const std::string help = run({"--help"}).out;
  for (const char* command : {"detect", "track", "cameras", "count", "report", "info", "convert",
                              "synth", "train", "val"}) {
    EXPECT_THAT(help, HasSubstr(std::string("  ") + command));
  }
  EXPECT_THAT(error_line({"trian"}, 2), HasSubstr("did you mean 'train'?"));
  EXPECT_THAT(run({"train", "--help"}).out, HasSubstr("--epochs"));
  EXPECT_THAT(error_line({"info", "--jsno"}, 2), HasSubstr("did you mean '--json'?"));
  EXPECT_EQ(run({"--quiet", "info", "shelf-n"}).exit_code, 0);
}

TEST_F(Startup, BothRuntimesFindTheSame) {
  GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  const auto detect = [&](const std::string& runtime) {
    const Outcome outcome = run(
        {"--verbose", "detect", (test::shared_dir() / "golden/bus.jpg").string(), "--model",
         (test::shared_dir() / "weights/yolov8n.pt").string(), "--runtime", runtime, "--no-save"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.err;
  };
  EXPECT_THAT(detect("engine"), testing::AllOf(HasSubstr("engine, fp32"),
                                               HasSubstr("5 detections (person 4, bus 1)")));
  EXPECT_THAT(detect("libtorch"), testing::AllOf(HasSubstr("LibTorch, cpu, fp32"),
                                                 HasSubstr("5 detections (person 4, bus 1)")));
}

}  // namespace
}  // namespace gondola::app
