#include "app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CommandLineOnBus : public CommandLine {
 protected:
  void SetUp() override {
    GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  }
  std::string bus() { return (test::shared_dir() / "golden/bus.jpg").string(); }
  std::string weights(const std::string& name = "yolov8n.pt") {
    return (test::shared_dir() / "weights" / name).string();
  }
};

TEST_F(CommandLine, HelpNamesTheCommandsAndShowsDefaultsAndAnExample) {
  const Outcome all = run({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  for (const char* command : {"detect", "info", "convert"})
    EXPECT_THAT(all.out, HasSubstr(command));
  const Outcome detect = run({"detect", "--help"});
  EXPECT_EQ(detect.exit_code, 0);
  EXPECT_THAT(detect.out, HasSubstr("--imgsz N=640"));
  EXPECT_THAT(detect.out, HasSubstr("Example: gondola detect"));
  EXPECT_EQ(run({"--version"}).out, "0.1.0\n");
}

TEST_F(CommandLine, WrongUsageIsOneLineAndExitCodeTwo) {
  EXPECT_THAT(error_line({}, 2), HasSubstr("gondola --help"));
  EXPECT_THAT(error_line({"detct"}, 2), HasSubstr("did you mean 'detect'?"));
  EXPECT_THAT(error_line({"detect", "x.jpg", "--cnof", "0.3"}, 2),
              HasSubstr("unknown argument '--cnof' (did you mean '--conf'?)"));
  EXPECT_THAT(error_line({"detect", "x.jpg", "--conf", "1.5"}, 2), HasSubstr("--conf"));
  EXPECT_THAT(error_line({"detect", "x.jpg", "--nms", "fast"}, 2), HasSubstr("--nms"));
  EXPECT_THAT(error_line({"detect"}, 2), HasSubstr("no SOURCE given"));
  EXPECT_THAT(error_line({"convert", "only-one.pt"}, 2), HasSubstr("two files"));
}

TEST_F(CommandLine, MissingSourcesAreNamed) {
  write_picture("shelf.jpg");
  EXPECT_THAT(error_line({"detect", "shelv.jpg"}, 1), HasSubstr("shelf.jpg"));
  std::filesystem::create_directory(dir_ / "empty");
  EXPECT_THAT(error_line({"detect", "empty"}, 1), HasSubstr("empty"));
}

TEST_F(CommandLine, UnknownModelsSayWhereWasLooked) {
  write_picture("a.jpg");
  EXPECT_THAT(error_line({"detect", "a.jpg", "--model", "yolov9n"}, 2),
              HasSubstr("did you mean 'yolov8n'?"));
  EXPECT_THAT(error_line({"detect", "a.jpg", "--model", "no/file.pt"}, 2),
              HasSubstr("'no/file.pt' does not exist"));
  EXPECT_THAT(error_line({"detect", "a.jpg", "--model", "yolov8n"}, 2),
              HasSubstr("there are no weights of that name"));
}

TEST_F(CommandLine, DamagedWeightsAreOneLine) {
  write_picture("a.jpg");
  test::write_text(dir_ / "bad.safetensors", "not a weights file at all");
  EXPECT_THAT(error_line({"detect", "a.jpg", "--model", "bad.safetensors"}, 1),
              HasSubstr("bad.safetensors"));
  test::write_text(dir_ / "bad.pt", "PK\003\004 truncated");
  EXPECT_THAT(error_line({"info", "bad.pt"}, 1), HasSubstr("bad.pt"));
}

TEST_F(CommandLine, InfoShowsAModelYamlAndItsActivation) {
  for (const char* activation : {"relu", "leaky_relu(0.1)", "silu"}) {
    const Outcome outcome = run({"info", "yolov8n", "--activation", activation});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr(std::string(activation).substr(0, 4)));
    EXPECT_THAT(outcome.out, HasSubstr("3157184 parameters, 8.7"));
    EXPECT_THAT(outcome.out, HasSubstr("model.22.cv3.2.1"));
  }
  const Outcome json = run({"info", "shelf-n", "--json", "--imgsz", "320"});
  const auto document = nlohmann::json::parse(json.out);
  EXPECT_EQ(document.at("schema"), "gondola.info/1");
  EXPECT_EQ(document.at("classes").at(0), "product");
  EXPECT_EQ(document.at("layers").at(0).at("output"), (std::vector<int>{16, 160, 160}));
}

TEST_F(CommandLineOnBus, DetectWritesTheGoldenDetections) {
  const Outcome outcome =
      run({"detect", bus(), "--model", weights(), "--conf", "0.25", "--json", "out.json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("1 picture, 5 detections (person 4, bus 1)"));
  const auto found = nlohmann::json::parse(test::read_text(dir_ / "out.json"));
  EXPECT_EQ(found.at("schema"), "gondola.detections/1");
  EXPECT_EQ(found.at("model"), "yolov8n");
  const auto& image = found.at("images").at(0);
  EXPECT_EQ(image.at("width"), 810);
  EXPECT_EQ(image.at("height"), 1080);
  const auto golden = nlohmann::json::parse(
      test::read_text(test::shared_dir() / "golden/yolov8n_bus_dets_conf025.json"));
  ASSERT_EQ(image.at("detections").size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& have = image.at("detections").at(i);
    const auto& want = golden.at("detections").at(i);
    EXPECT_EQ(have.at("label"), want.at("name"));
    EXPECT_EQ(have.at("class"), want.at("cls"));
    EXPECT_NEAR(have.at("score").get<double>(), want.at("conf").get<double>(), 1e-3);
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_NEAR(have.at("box").at(k).get<double>(), want.at("xyxy").at(k).get<double>(), 0.5);
    }
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "gondola-out")) << "only the JSON was asked for";
}

TEST_F(CommandLineOnBus, EveryOutputIsWrittenInOneRun) {
  const Outcome outcome =
      run({"detect", bus(), "--model", weights(), "--json", "o.json", "--jsonl", "o.jsonl", "--csv",
           "o.csv", "--txt", "labels", "--coco", "coco.json", "--out", "pictures"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(nlohmann::json::parse(test::read_text(dir_ / "o.jsonl")).at("detections").size(), 5U);
  const std::string csv = test::read_text(dir_ / "o.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 6);
  const std::string txt = test::read_text(dir_ / "labels/bus.txt");
  EXPECT_EQ(std::count(txt.begin(), txt.end(), '\n'), 5);
  const auto coco = nlohmann::json::parse(test::read_text(dir_ / "coco.json"));
  ASSERT_EQ(coco.size(), 5U);
  EXPECT_EQ(coco.at(0).at("category_id"), 1);  // person in COCO's own numbering
  const cv::Mat picture = cv::imread(file("pictures/bus.jpg"));
  EXPECT_EQ(picture.size(), cv::Size(810, 1080));
}

TEST_F(CommandLineOnBus, ResultsGoToStandardOutputOnlyWhenAskedFor) {
  const Outcome outcome = run({"detect", bus(), "--model", weights(), "--jsonl", "-", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("detections").size(), 5U);
}

TEST_F(CommandLineOnBus, ABrokenPictureAmongGoodOnesIsReportedAndTheOthersDone) {
  for (const char* name : {"p1.jpg", "p2.jpg", "p4.jpg"}) {
    std::filesystem::copy_file(bus(), dir_ / name);
  }
  const std::string bytes = test::read_text(bus());
  test::write_text(dir_ / "p3.jpg", bytes.substr(0, bytes.size() / 2));
  const Outcome outcome = run({"detect", dir_.path().string(), "--model", weights(), "--jsonl",
                               "found.jsonl", "--batch", "2"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("p3.jpg"));
  EXPECT_THAT(outcome.err, HasSubstr("3 pictures, 15 detections"));
  EXPECT_THAT(outcome.err, HasSubstr("1 of 4 pictures could not be read"));
  const std::string lines = test::read_text(dir_ / "found.jsonl");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
}

TEST_F(CommandLineOnBus, WrongOptionsAreOneLineEach) {
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--classes", "person,bsu"}, 2),
              HasSubstr("--classes bsu: yolov8n has no such class; did you mean 'bus'?"));
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--imgsz", "641"}, 2),
              HasSubstr("use 640 or 672"));
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--device", "cuda"}, 2),
              HasSubstr("--device cpu"));
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--precision", "int8"}, 2),
              HasSubstr("not quantised"));
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--activation", "relu"}, 1),
              HasSubstr("accuracy collapses"));
  test::write_text(dir_ / "taken", "a file where a folder should be");
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--out", "taken"}, 1),
              HasSubstr("taken"));
  EXPECT_THAT(error_line({"detect", bus(), "--model", weights(), "--json", "no/such/o.json"}, 1),
              HasSubstr("no/such"));
}

TEST_F(CommandLineOnBus, ItsOwnInputIsNeverOverwritten) {
  std::filesystem::copy_file(bus(), dir_ / "bus.jpg");
  const std::string before = test::read_text(dir_ / "bus.jpg");
  error_line({"detect", "bus.jpg", "--model", weights(), "--out", "."}, 2);
  EXPECT_EQ(test::read_text(dir_ / "bus.jpg"), before);
}

TEST_F(CommandLineOnBus, AModelWithoutClassNamesSaysSo) {
  const Outcome numbered =
      run({"detect", bus(), "--model", weights("yolov8n.safetensors"), "--json", "-"});
  EXPECT_EQ(numbered.exit_code, 0);
  EXPECT_THAT(numbered.err, HasSubstr("has no class names"));
  EXPECT_THAT(numbered.err, HasSubstr("--names FILE"));
  const Outcome refused = run({"detect", bus(), "--model", weights("yolov8n.safetensors"),
                               "--classes", "person", "--json", "-"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("use numbers 0 to 79, or name them with --names FILE"));
  const Outcome named = run({"detect", bus(), "--model", weights("yolov8n.safetensors"), "--names",
                             (test::shared_dir() / "golden/coco80_names.json").string(),
                             "--classes", "bus", "--json", "-"});
  EXPECT_EQ(named.exit_code, 0) << named.err;
  const auto found = nlohmann::json::parse(named.out).at("images").at(0).at("detections");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at(0).at("label"), "bus");
}

TEST_F(CommandLineOnBus, PicturesAreDrawnUnlessOnlyOtherResultsAreAskedFor) {
  const std::vector<std::string> detect{"detect", bus(), "--model", weights(), "--imgsz", "320"};
  const auto draws = [&](const std::string& folder, std::vector<std::string> more) {
    more.insert(more.begin(), detect.begin(), detect.end());
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return std::filesystem::exists(dir_ / folder / "bus.jpg");
  };
  EXPECT_FALSE(draws("gondola-out", {"--json", "a.json"}));
  EXPECT_FALSE(draws("gondola-out", {"--no-save"}));
  EXPECT_TRUE(draws("gondola-out", {}));
  EXPECT_TRUE(draws("asked", {"--json", "b.json", "--out", "asked"}));
}

TEST_F(CommandLineOnBus, OptionsFromAFileYieldToTheCommandLine) {
  std::filesystem::create_directory(dir_ / "setup");
  test::write_text(dir_ / "setup/options.yaml", "model: " + weights() +
                                                    "\nconf: 0.5\nclasses: [person, bus]\n"
                                                    "jsonl: found.jsonl\nsave: false\n");
  const Outcome from_file = run({"detect", bus(), "--config", "setup/options.yaml"});
  EXPECT_EQ(from_file.exit_code, 0) << from_file.err;
  EXPECT_THAT(from_file.err, HasSubstr("4 detections"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "setup/found.jsonl"))
      << "paths in the file are relative to it";
  const Outcome overridden = run(
      {"detect", bus(), "--config", "setup/options.yaml", "--conf", "0.25", "--classes", "bus"});
  EXPECT_THAT(overridden.err, HasSubstr("1 detection (bus 1)"));

  test::write_text(dir_ / "typo.yaml", "conf: 0.5\nimgzs: 320\n");
  EXPECT_THAT(error_line({"detect", bus(), "--config", "typo.yaml"}, 2),
              HasSubstr("typo.yaml:2: unknown key 'imgzs' (did you mean 'imgsz'?)"));
  test::write_text(dir_ / "range.yaml", "conf: 7\n");
  EXPECT_THAT(error_line({"detect", bus(), "--config", "range.yaml"}, 2),
              HasSubstr("range.yaml:1: "));
}

TEST_F(CommandLineOnBus, ConvertMakesAFileThatDetectsTheSame) {
  const Outcome converted = run({"convert", weights(), "out.safetensors", "--licence", "AGPL-3.0"});
  EXPECT_EQ(converted.exit_code, 0) << converted.err;
  const Outcome original = run({"detect", bus(), "--model", weights(), "--csv", "-", "--quiet"});
  const Outcome again =
      run({"detect", bus(), "--model", "out.safetensors", "--csv", "-", "--quiet"});
  EXPECT_THAT(original.out, Not(IsEmpty()));
  EXPECT_EQ(again.out, original.out);
  EXPECT_THAT(run({"info", "out.safetensors"}).out, HasSubstr("licence     AGPL-3.0"));
  EXPECT_EQ(
      run({"convert", weights(), "strict.safetensors", "--conf", "0.8", "--iou", "0.5"}).exit_code,
      0);
  EXPECT_THAT(run({"info", "strict.safetensors"}).out,
              AllOf(HasSubstr("conf        0.8"), HasSubstr("iou         0.50")));
  const Outcome strict =
      run({"detect", bus(), "--model", "strict.safetensors", "--csv", "-", "--quiet"});
  EXPECT_LT(strict.out.size(), original.out.size());
  EXPECT_THAT(error_line({"convert", weights(), "out.pth"}, 2),
              HasSubstr("out.pth: name OUT .safetensors or .onnx"));
  EXPECT_THAT(error_line({"convert", weights(), "out.safetensors", "--batch", "2"}, 2),
              HasSubstr("--batch is for .onnx"));
  EXPECT_THAT(error_line({"convert", weights(), "no/folder/out.safetensors"}, 1),
              HasSubstr("no/folder"));
}

TEST_F(CommandLineOnBus, ConvertWritesOnnxOfTheAskedSize) {
  const Outcome converted =
      run({"convert", weights(), "out.onnx", "--imgsz", "320", "--batch", "2", "--licence", "X"});
  EXPECT_EQ(converted.exit_code, 0) << converted.err;
  EXPECT_THAT(converted.err, HasSubstr("out.onnx: yolov8n, 80 classes"));
  // 12.6 MB of weights and for 2100 cells a few numbers each: only the size of the input, and so of
  // the cells' constants, tells the files apart.
  const auto small = std::filesystem::file_size(dir_ / "out.onnx");
  EXPECT_EQ(run({"convert", weights(), "large.onnx", "--licence", "X"}).exit_code, 0);
  EXPECT_GT(std::filesystem::file_size(dir_ / "large.onnx"), small);
  EXPECT_THAT(error_line({"convert", weights(), "out.onnx", "--imgsz", "333"}, 2),
              HasSubstr("333"));
  EXPECT_THAT(error_line({"convert", weights(), "out.onnx", "--dtype", "fp16"}, 2),
              HasSubstr("--dtype fp16: ONNX files are written in fp32"));
}

TEST_F(CommandLineOnBus, InfoDiagnosesActivations) {
  const Outcome table = run({"info", weights(), "--activations", bus(), "--imgsz", "320"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("channels were never positive in 1 picture"));
  const Outcome json = run({"info", weights(), "--json", "--activations", bus()});
  const auto rows = nlohmann::json::parse(json.out).at("activations");
  ASSERT_EQ(rows.size(), 57U);
  EXPECT_EQ(rows.at(0).at("path"), "model.0");
  EXPECT_LT(rows.at(0).at("zero_share").get<double>(), 0.01);
  EXPECT_THAT(error_line({"info", "yolov8n", "--activations", bus()}, 2),
              HasSubstr("has no weights"));
}

TEST_F(CommandLineOnBus, LogLinesCanBeJson) {
  const Outcome outcome =
      run({"--log-json", "detect", bus(), "--model", weights(), "--csv", "o.csv"});
  EXPECT_EQ(outcome.exit_code, 0);
  const auto line = nlohmann::json::parse(outcome.err.substr(0, outcome.err.find('\n')));
  EXPECT_EQ(line.at("level"), "info");
  EXPECT_THAT(line.at("message").get<std::string>(), HasSubstr("5 detections"));
}

TEST_F(CommandLineOnBus, WithoutADisplayShowSaysSoAndGoesOn) {
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");
  const Outcome outcome = run({"detect", bus(), "--model", weights(), "--show"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("there is no display"));
}

}  // namespace
}  // namespace gondola::app
