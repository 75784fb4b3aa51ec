#include "gondola/data/augment_options.hpp"

#include <string>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::data {
namespace {

std::string error_of(const AugmentOptions& options) {
  try {
    validate(options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

AugmentOptions read(const std::string& yaml) {
  return read_augment_options(config::parse_yaml(yaml, "train.yaml"));
}

std::string read_error(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(AugmentOptions, DefaultsAreValid) {
  EXPECT_EQ(error_of({}), "");
  EXPECT_EQ(error_of(no_augmentation()), "");
}

TEST(AugmentOptions, NamesWhatIsOutOfRange) {
  AugmentOptions options;
  options.mosaic = 1.5;
  EXPECT_EQ(error_of(options), "augment.mosaic = 1.5; expected a number from 0 to 1");
  options = {};
  options.jpeg_quality = 0;
  EXPECT_EQ(error_of(options), "augment.jpeg_quality = 0; expected a number from 1 to 95");
  options = {};
  options.degrees = std::stod("nan");
  EXPECT_EQ(error_of(options), "augment.degrees = nan; expected a number from 0 to 180");
}

TEST(AugmentOptions, ReadsWhatIsThereAndKeepsTheRest) {
  const AugmentOptions options = read("mosaic: 0.5\ncopy_paste_boxes: 3\nhue: 0\n");
  EXPECT_EQ(options.mosaic, 0.5);
  EXPECT_EQ(options.copy_paste_boxes, 3);
  EXPECT_EQ(options.hue, 0);
  EXPECT_EQ(options.saturation, AugmentOptions().saturation);

  AugmentOptions defaults;
  defaults.saturation = 0.2;
  EXPECT_EQ(read_augment_options(config::parse_yaml("hue: 0", "x"), defaults).saturation, 0.2);
}

TEST(AugmentOptions, NamesTheLineOfAMistake) {
  EXPECT_EQ(read_error("mosaic: 1\nscale: 2\n"),
            "train.yaml:2: scale = 2; expected a number from 0 to 0.95");
  EXPECT_EQ(read_error("mosiac: 1\n"),
            "train.yaml:1: unknown key 'mosiac' (did you mean 'mosaic'?)");
  EXPECT_NE(read_error("cutout_holes: 0.5\n"), "");
}

}  // namespace
}  // namespace gondola::data
