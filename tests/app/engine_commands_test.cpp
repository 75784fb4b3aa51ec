#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "gondola/engine/precision.hpp"
#include "gondola/nn/model_file.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// bench and quantize, on the model that ships.
class EngineCommands : public CommandLine {
 protected:
  void SetUp() override {
    for (const char* name : {"a.png", "b.png", "c.png"}) write_picture(name, 96, 64);
  }

  bool has_int8() { return engine::precision_problem(engine::Precision::kInt8).empty(); }
};

TEST_F(EngineCommands, BenchMeasuresWhatItIsAskedFor) {
  const Outcome outcome = run({"bench", "--precision", "fp32", "--imgsz", "64", "--runs", "3",
                               "--warmup", "1", "--threads", "2", "--layers", "--json", "b.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("shelf-n, silu, 64x64, batch 1, 3 runs"));
  EXPECT_THAT(outcome.out, HasSubstr("model.0 "));
  const auto json = nlohmann::json::parse(test::read_text(dir_ / "b.json"));
  ASSERT_EQ(json.at("results").size(), 1U);
  const auto& result = json.at("results").at(0);
  EXPECT_EQ(result.at("precision"), "fp32");
  EXPECT_GT(result.at("network_ms").at("median").get<double>(), 0);
  EXPECT_LE(result.at("network_ms").at("min").get<double>(),
            result.at("network_ms").at("p90").get<double>());
  // 6.7 GFLOP at 640 are a hundredth at 64.
  EXPECT_NEAR(result.at("gflop").get<double>(), 0.067, 0.001);
  EXPECT_GT(result.at("layers").size(), 50U);
}

TEST_F(EngineCommands, BenchRefusesInt8OfFloatWeights) {
  EXPECT_THAT(error_line({"bench", "--precision", "int8"}, 2), HasSubstr("int8"));
}

TEST_F(EngineCommands, QuantizedModelIsSmallerAndFindsTheSame) {
  if (!has_int8()) GTEST_SKIP() << "this CPU has no int8 instructions";
  GONDOLA_REQUIRE_SHARED("data/unlabelled-shelves");
  const std::string data = (test::shared_dir() / "data" / "unlabelled-shelves").string();
  const Outcome made =
      run({"quantize", "--data", data, "--imgsz", "320", "--check-pictures", "2", "--tolerance",
           "1", "--report", "ranges.json", "--out", "q.safetensors"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("pictures are few to calibrate with"));
  EXPECT_THAT(made.err, HasSubstr("q.safetensors: int8, calibrated on 11 pictures"));
  EXPECT_LT(fs::file_size(dir_ / "q.safetensors"), 2'000'000U);
  const auto report = nlohmann::json::parse(test::read_text(dir_ / "ranges.json"));
  EXPECT_GT(report.at("tensors").size(), 50U);
  EXPECT_TRUE(nn::read_weights(dir_ / "q.safetensors").quantization.has_value());

  const auto count = [&](const std::string& model) {
    const Outcome found =
        run({"detect", data, "--model", model, "--imgsz", "320", "--json", "-", "--quiet"});
    EXPECT_EQ(found.exit_code, 0) << found.err;
    double detections = 0;
    const auto json = nlohmann::json::parse(found.out);
    for (const auto& image : json.at("images")) {
      detections += static_cast<double>(image.at("detections").size());
    }
    return detections;
  };
  const double float_count = count("shelf-n");
  ASSERT_GT(float_count, 100);
  EXPECT_NEAR(count("q.safetensors"), float_count, 0.1 * float_count);
  EXPECT_THAT(error_line({"quantize", "--model", "q.safetensors", "--data", data, "--out",
                          "again.safetensors"},
                         2),
              HasSubstr("is quantised already"));
}

TEST_F(EngineCommands, LibTorchShowsTheInt8ModelThatShips) {
  const Outcome outcome = run({"info", "shelf-n-int8"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("58 layers"));
  EXPECT_THAT(outcome.out, HasSubstr("3 layers wider"));
}

TEST_F(EngineCommands, QuantizeWarnsOfPicturesWithNothingToFind) {
  if (!has_int8()) GTEST_SKIP() << "this CPU has no int8 instructions";
  const Outcome outcome = run(
      {"quantize", "--data", "a.png", "b.png", "c.png", "--imgsz", "64", "--out", "q.safetensors"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("not of the kind it was trained for"));
}

TEST_F(EngineCommands, QuantizeSaysWhatIsMissing) {
  EXPECT_THAT(error_line({"quantize", "--out", "q.safetensors"}, 2), HasSubstr("needs --data"));
  EXPECT_THAT(error_line({"quantize", "--data", "a.png", "--out", "q.pt"}, 2),
              HasSubstr("name it .safetensors"));
  EXPECT_THAT(error_line({"quantize", "--data", "nowhere", "--out", "q.safetensors"}, 1),
              HasSubstr("nowhere"));
  EXPECT_FALSE(fs::exists(dir_ / "q.safetensors"));
}

}  // namespace
}  // namespace gondola::app
