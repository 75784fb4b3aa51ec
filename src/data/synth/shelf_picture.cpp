#include "gondola/data/shelf_picture.hpp"

#include <utility>

#include <opencv2/imgproc.hpp>

#include "camera_effects.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "photo_crops.hpp"
#include "scene.hpp"
#include "scene_render.hpp"
#include "shelf_truth.hpp"

namespace gondola::data {

void validate(const ShelfOptions& options) {
  std::vector<std::string> faults;
  const auto check_share = [&](const char* name, double value) {
    if (!(value >= 0 && value <= 1))
      faults.push_back(concat(name, " = ", value, "; expected 0..1"));
  };
  constexpr int kLeast = 64;
  constexpr int kMost = 4096;
  for (const int side : {options.size.width, options.size.height}) {
    if (side < kLeast || side > kMost) {
      faults.push_back(concat("size = ", options.size.width, "x", options.size.height,
                              "; expected ", kLeast, "..", kMost, " pixels a side"));
      break;
    }
  }
  check_share("texture_share", options.texture_share);
  check_share("min_visible", options.min_visible);
  check_share("min_inside", options.min_inside);
  if (!(options.min_side >= 1)) {
    faults.push_back(concat("min_side = ", options.min_side, "; expected at least 1 pixel"));
  }
  if (!faults.empty()) throw ConfigError(concat("synthetic shelf: ", join(faults, "; ")));
}

struct ShelfArtist::Studio {
  Studio(const ShelfOptions& shelf_options, std::shared_ptr<const synth::PhotoCrops> crops)
      : options(shelf_options), photos(std::move(crops)), artist(*photos) {}

  ShelfOptions options;
  std::shared_ptr<const synth::PhotoCrops> photos;
  synth::PackageArtist artist;
};

ShelfArtist::ShelfArtist(const ShelfOptions& options) {
  validate(options);
  auto photos =
      std::make_shared<const synth::PhotoCrops>(synth::load_photo_crops(options.textures));
  studio_ = std::make_unique<Studio>(options, std::move(photos));
}

ShelfArtist::ShelfArtist(const ShelfArtist& other)
    : studio_(std::make_unique<Studio>(other.studio_->options, other.studio_->photos)) {}

ShelfArtist::~ShelfArtist() = default;

ShelfPicture ShelfArtist::draw(std::uint64_t number) {
  const ShelfOptions& options = studio_->options;
  const cv::Size size(options.size.width, options.size.height);
  Random random(options.seed, number);

  const synth::Scene scene =
      synth::compose_scene({size, options.texture_share}, studio_->artist, random);
  const std::vector<synth::Package> packages = synth::print_packages(scene, studio_->artist);
  const synth::Rendering rendering =
      synth::render_scene(scene, packages, studio_->artist.lettering());

  const synth::CameraEffects effects = synth::random_effects(size, random);
  ShelfPicture result;
  result.picture = synth::distort(rendering.picture, effects.distortion, cv::INTER_LINEAR);
  result.owners = synth::distort(rendering.owners, effects.distortion, cv::INTER_NEAREST);
  result.truth = synth::find_truth(scene, rendering, effects.distortion, options, result.owners);
  synth::apply_effects(result.picture, effects, random);
  result.jpeg_quality = effects.jpeg_quality;
  return result;
}

}  // namespace gondola::data
