#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "gondola/core/error.hpp"
#include "gondola/data/dataset.hpp"

namespace data = gondola::data;
namespace fs = std::filesystem;

namespace {

/// A folder with one picture, where the input becomes what describes it. In memory where there is
/// such a place, because every run writes a file.
class Place {
 public:
  Place() {
    std::string pattern =
        fs::is_directory("/dev/shm") ? "/dev/shm/fuzz-labels-XXXXXX" : "/tmp/fuzz-labels-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) __builtin_trap();
    folder_ = pattern;
    cv::imwrite(folder_ / "a.png", cv::Mat(30, 40, CV_8UC3, cv::Scalar::all(9)));
  }
  ~Place() { fs::remove_all(folder_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  fs::path write(const char* name, const std::uint8_t* bytes, std::size_t size) const {
    std::ofstream file(folder_ / name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    return folder_ / name;
  }

  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

void check(const data::Dataset& dataset) {
  for (const data::LabelledImage& image : dataset.images) {
    for (const gondola::LabelledBox& label : image.labels) {
      const bool known =
          label.class_id >= 0 && static_cast<std::size_t>(label.class_id) < dataset.names.size();
      if (!known || !is_valid(label.box) || clip(label.box, image.size) != label.box)
        __builtin_trap();
    }
  }
}

}  // namespace

/// The first byte chooses what the rest is: YOLO labels, COCO JSON, VOC XML, a data.yaml or a list
/// of pictures.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Place place;
  static constexpr std::array kFiles = {"a.txt", "boxes.json", "a.xml", "some.yaml", "list.lst"};
  if (size == 0) return 0;
  const std::size_t kind = bytes[0] % kFiles.size();
  const fs::path file = place.write(kFiles[kind], bytes + 1, size - 1);
  data::DatasetOptions options;
  options.allow_unlabelled = true;
  try {
    check(data::load_dataset(kind == 0 || kind == 2 ? place.folder() : file, options));
  } catch (const gondola::Error&) {
    // What a damaged data set has to give.
  }
  fs::remove(file);
  return 0;
}
