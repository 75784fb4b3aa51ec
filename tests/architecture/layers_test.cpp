#include "architecture/layers.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shared_data.hpp"

namespace {

using gondola::test::allowed_layers;
using gondola::test::find_violations;
using gondola::test::Layer;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Layers, SourcesKeepToTheTable) {
  EXPECT_THAT(find_violations(gondola::test::source_dir(), allowed_layers()), IsEmpty());
}

// A row may name only rows above it, so the arrows cannot form a circle.
TEST(Layers, TableHasNoCycle) {
  std::vector<std::string_view> above;
  for (const Layer& layer : allowed_layers()) {
    EXPECT_THAT(above, testing::IsSupersetOf(layer.layers)) << layer.name;
    above.push_back(layer.name);
  }
}

/// A made-up checkout in which nothing is wrong until a test writes more into it.
class LayerCheck : public testing::Test {
 protected:
  LayerCheck() {
    write("include/gondola/core/box.hpp", "#pragma once\n#include <vector>\n");
    write("src/core/CMakeLists.txt", "gondola_add_library(core SOURCES box.cpp)\n");
    write("src/core/box.cpp", "#include \"gondola/core/box.hpp\"\n#include <sys/mman.h>\n");
  }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    gondola::test::write_text(root_ / name, text);
  }

  std::vector<std::string> violations() const {
    return find_violations(root_.path(), allowed_layers());
  }

  gondola::test::TempDir root_;
};

TEST_F(LayerCheck, AcceptsATreeThatKeepsToTheTable) {
  write("include/gondola/media/frame.hpp",
        "#include <opencv2/core/mat.hpp>\n#include \"gondola/core/box.hpp\"\n");
  write("src/media/CMakeLists.txt",
        "gondola_add_library(media SOURCES jpeg.cpp PUBLIC gondola::core)");
  write("src/media/exif.hpp", "#include <libexif/exif-data.h>\n");
  write("src/media/paths.hpp.in", "");
  write("src/media/jpeg.cpp",
        "#include \"gondola/media/frame.hpp\"\n#include <jpeglib.h>\n#include \"exif.hpp\"\n"
        "#include \"paths.hpp\"\n");
  write("app/main.cpp", "#include <CLI/CLI.hpp>\n#include \"gondola/media/frame.hpp\"\n");
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(LayerCheck, NamesFileLineLayerAndHeader) {
  write("src/count/zone.cpp", "#include <cmath>\n#include <torch/torch.h>\n");
  EXPECT_THAT(violations(),
              ElementsAre("src/count/zone.cpp:2: count may not include torch/torch.h"));
}

TEST_F(LayerCheck, RefusesALayerAbove) {
  write("include/gondola/core/nms.hpp", "#include \"gondola/detect/detector.hpp\"\n");
  write("src/track/kalman.cpp", "  #  include <gondola/count/zone.hpp>\n");
  EXPECT_THAT(
      violations(),
      ElementsAre(
          "include/gondola/core/nms.hpp:1: core may not include gondola/detect/detector.hpp",
          "src/track/kalman.cpp:1: track may not include gondola/count/zone.hpp"));
}

TEST_F(LayerCheck, RefusesInAPublicHeaderWhatOnlySourcesMayUse) {
  write("include/gondola/config/node.hpp", "#include <yaml-cpp/yaml.h>\n#include <unistd.h>\n");
  write("src/config/node.cpp", "#include <yaml-cpp/yaml.h>\n#include <unistd.h>\n");
  EXPECT_THAT(
      violations(),
      ElementsAre("include/gondola/config/node.hpp:1: config may not include yaml-cpp/yaml.h",
                  "include/gondola/config/node.hpp:2: config may not include unistd.h"));
}

TEST_F(LayerCheck, RefusesThirdPartiesItDoesNotKnow) {
  write("src/core/iou.cpp", "#include <boost/geometry.hpp>\n#include \"opencv2/core.hpp\"\n");
  EXPECT_THAT(violations(),
              ElementsAre("src/core/iou.cpp:1: core may not include boost/geometry.hpp",
                          "src/core/iou.cpp:2: core may not include opencv2/core.hpp"));
}

TEST_F(LayerCheck, RefusesPathsThatLeaveTheFolder) {
  write("src/media/draw.cpp", "#include \"../core/box.cpp\"\n");
  write("include/gondola/core/iou.hpp", "#include \"box.hpp\"\n");
  EXPECT_THAT(violations(),
              ElementsAre("include/gondola/core/iou.hpp:1: core may not include box.hpp",
                          "src/media/draw.cpp:1: media may not include ../core/box.cpp"));
}

TEST_F(LayerCheck, RefusesALinkEntryThatIsNotInTheTable) {
  write("src/count/CMakeLists.txt",
        "# gondola::report would be wrong\n"
        "gondola_add_library(count SOURCES zone.cpp\n"
        "  PUBLIC gondola::core gondola::track\n"
        "  PRIVATE gondola::nn)\n"
        "target_link_libraries(gondola_count PRIVATE gondola::config)\n");
  EXPECT_THAT(violations(),
              ElementsAre("src/count/CMakeLists.txt:4: count may not link gondola::nn",
                          "src/count/CMakeLists.txt:5: count may not link gondola::config"));
}

TEST_F(LayerCheck, HoldsAHelperLibraryToItsOwnRow) {
  write("src/nn/files.cmake",
        "gondola_add_library(nn_files SOURCES ${DIR}/safetensors.cpp ${DIR}/paths.hpp\n"
        "  PUBLIC gondola::core)\n");
  write("src/nn/CMakeLists.txt",
        "gondola_add_library(nn SOURCES network.cpp weights.cpp PUBLIC gondola::nn_files)\n");
  write("include/gondola/nn/network.hpp", "#include <ATen/ATen.h>\n");
  write("include/gondola/nn/safetensors.hpp", "#include <ATen/ATen.h>\n");
  write("src/nn/safetensors.cpp",
        "#include \"gondola/nn/safetensors.hpp\"\n#include \"gondola/nn/network.hpp\"\n"
        "#include \"network.hpp\"\n");
  write("src/nn/network.hpp", "#include <ATen/ATen.h>\n");
  write("src/nn/paths.hpp", "#include <ATen/ATen.h>\n");
  write("src/nn/weights.cpp",
        "#include \"gondola/nn/safetensors.hpp\"\n#include <ATen/ATen.h>\n#include "
        "\"network.hpp\"\n");
  EXPECT_THAT(
      violations(),
      ElementsAre("include/gondola/nn/safetensors.hpp:1: nn_files may not include ATen/ATen.h",
                  "src/nn/paths.hpp:1: nn_files may not include ATen/ATen.h",
                  "src/nn/safetensors.cpp:2: nn_files may not include gondola/nn/network.hpp",
                  "src/nn/safetensors.cpp:3: nn_files may not include network.hpp"));
}

TEST_F(LayerCheck, RefusesALibraryThatIsNotInTheTable) {
  write("src/utils/strings.cpp", "#include <string>\n");
  EXPECT_THAT(violations(), ElementsAre("src/utils: not a library of the table of layers"));
}

TEST_F(LayerCheck, ThrowsWhereThereIsNoCheckout) {
  EXPECT_THROW(find_violations(root_ / "src", allowed_layers()), std::runtime_error);
}

}  // namespace
