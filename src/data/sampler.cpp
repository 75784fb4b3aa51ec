#include "gondola/data/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/data/random.hpp"
#include "photometric.hpp"
#include "picture_store.hpp"
#include "placement.hpp"

namespace gondola::data {
namespace {

/// The padding of the YOLO family.
const cv::Scalar kGrey = cv::Scalar::all(114);

/// How much of a box may be hidden by what is put over it and it is still to be found.
constexpr double kMostPastedOver = 0.3;
constexpr double kMostCutOut = 0.6;

constexpr double kPi = 3.14159265358979323846;

/// What each generator is for; sub-streams keep one option from changing what another draws.
enum Stream : std::uint64_t { kCompose, kBlend, kBlended, kPaste, kCutOut, kFlip, kPixels };

/// Width and height of the canvas that pictures are laid out on before it is looked at.
struct Canvas {
  double width = 0;
  double height = 0;
};

/// How a square sample of a canvas is taken: turned, scaled, sheared and bent around the canvas's
/// centre, which is then moved to about the sample's.
Placement random_view(const Canvas& canvas, int side, const AugmentOptions& options,
                      Random& random) {
  // Beyond 1 / (half a side), the horizon would enter the picture.
  const double bend_limit = 0.4 / std::max(canvas.width, canvas.height);
  const double bend = std::min(options.perspective, bend_limit);
  Placement perspective = Placement::eye();
  perspective(2, 0) = random.uniform(-bend, bend);
  perspective(2, 1) = random.uniform(-bend, bend);

  const double angle = random.uniform(-options.degrees, options.degrees) * kPi / 180;
  const double gain = random.uniform(1 - options.scale, 1 + options.scale);
  const Placement turn = {gain * std::cos(angle),
                          gain * std::sin(angle),
                          0,
                          -gain * std::sin(angle),
                          gain * std::cos(angle),
                          0,
                          0,
                          0,
                          1};
  Placement shear = Placement::eye();
  shear(0, 1) = std::tan(random.uniform(-options.shear, options.shear) * kPi / 180);
  shear(1, 0) = std::tan(random.uniform(-options.shear, options.shear) * kPi / 180);

  const double x = random.uniform(0.5 - options.translate, 0.5 + options.translate) * side;
  const double y = random.uniform(0.5 - options.translate, 0.5 + options.translate) * side;
  return translation(x, y) * shear * turn * perspective *
         translation(-canvas.width / 2, -canvas.height / 2);
}

double overlap_area(const Box& a, const Box& b) { return area(intersection(a, b)); }

}  // namespace

class Sampler::Impl {
 public:
  Impl(std::shared_ptr<const Dataset> dataset, const SamplerOptions& options)
      : dataset_(std::move(dataset)),
        options_(options),
        pictures_(dataset_, options.image_size, options.cache_bytes) {}

  std::vector<LabelledBox> make(const SampleKey& key, cv::Mat& into) {
    const AugmentOptions& augment = options_.augment;
    const std::uint64_t seed =
        Random(options_.seed, static_cast<std::uint64_t>(key.epoch), key.image).bits();
    Random compose(seed, kCompose);
    std::vector<LabelledBox> labels = draw(key, compose, into);

    Random blend(seed, kBlend);
    if (key.composition && blend.chance(augment.mixup)) {
      Random blended(seed, kBlended);
      blend_in({key.epoch, blend.index(dataset_->images.size()), true}, blend, blended, into,
               labels);
    }
    Random paste(seed, kPaste);
    if (key.composition && paste.chance(augment.copy_paste)) paste_boxes(paste, into, labels);
    Random cut(seed, kCutOut);
    if (cut.chance(augment.cutout)) cut_out(cut, into, labels);
    Random flips(seed, kFlip);
    flip(flips, into, labels);
    Random pixels(seed, kPixels);
    vary_pixels(into, augment, pixels);
    return labels;
  }

  std::vector<Issue> take_issues() { return pictures_.take_issues(); }

 private:
  /// One picture or a mosaic, from a random view.
  std::vector<LabelledBox> draw(const SampleKey& key, Random& random, cv::Mat& into) {
    into.setTo(kGrey);
    std::vector<LabelledBox> labels;
    if (key.composition && random.chance(options_.augment.mosaic)) {
      draw_mosaic(key.image, random, into, labels);
    } else {
      const int side = into.cols;
      const Picture picture = pictures_.get(key.image);
      const Placement view =
          random_view({double(side), double(side)}, side, options_.augment, random);
      const double gain = gain_for(picture.rgb, side);
      const Placement centred =
          translation((side - picture.rgb.cols * gain) / 2, (side - picture.rgb.rows * gain) / 2) *
          scaling(gain, gain);
      add(picture, view * centred, into, labels);
    }
    return labels;
  }

  /// Four pictures, each with a corner at a point within the middle of a canvas of twice the side.
  void draw_mosaic(std::size_t first, Random& random, cv::Mat& into,
                   std::vector<LabelledBox>& labels) {
    const int side = into.cols;
    const double x = random.uniform(0.5, 1.5) * side;
    const double y = random.uniform(0.5, 1.5) * side;
    const Placement view = random_view({2.0 * side, 2.0 * side}, side, options_.augment, random);
    for (int tile = 0; tile < 4; ++tile) {
      const std::size_t image = tile == 0 ? first : random.index(dataset_->images.size());
      const Picture picture = pictures_.get(image);
      const double gain = gain_for(picture.rgb, side);
      const bool is_left = tile % 2 == 0;
      const bool is_upper = tile < 2;
      const Placement placed = translation(is_left ? x - gain * picture.rgb.cols : x,
                                           is_upper ? y - gain * picture.rgb.rows : y) *
                               scaling(gain, gain);
      add(picture, view * placed, into, labels);
    }
  }

  static double gain_for(const cv::Mat& picture, int side) {
    return static_cast<double>(side) / std::max(picture.cols, picture.rows);
  }

  void add(const Picture& picture, const Placement& placement, cv::Mat& into,
           std::vector<LabelledBox>& labels) {
    const Placement drawn = draw_picture(picture.rgb, placement, into);
    const LabelledImage& image = dataset_->images[picture.image];
    const Placement from_file =
        drawn * scaling(static_cast<double>(picture.rgb.cols) / image.size.width,
                        static_cast<double>(picture.rgb.rows) / image.size.height);
    place_labels(image.labels, from_file, {into.cols, into.rows}, limits(), labels);
  }

  BoxLimits limits() const {
    return {options_.augment.min_box_side, options_.augment.min_box_visible};
  }

  /// MixUp (Zhang et al., 2018) as detectors use it: two pictures, about half of each, all labels.
  void blend_in(const SampleKey& key, Random& blend, Random& random, cv::Mat& into,
                std::vector<LabelledBox>& labels) {
    cv::Mat other(into.size(), into.type());
    const std::vector<LabelledBox> others = draw(key, random, other);
    labels.insert(labels.end(), others.begin(), others.end());
    // Near enough to the Beta(32, 32) of the YOLO family, whose deviation is 0.062.
    const double share = std::clamp(0.5 + 0.062 * blend.normal(), 0.3, 0.7);
    cv::addWeighted(into, share, other, 1 - share, 0, into);
  }

  /// Cuts boxes from one other picture and pastes each where it hides little of what is there.
  void paste_boxes(Random& random, cv::Mat& into, std::vector<LabelledBox>& labels) {
    const Picture donor = pictures_.get(random.index(dataset_->images.size()));
    const LabelledImage& image = dataset_->images[donor.image];
    if (image.labels.empty()) return;
    const cv::Rect all(0, 0, donor.rgb.cols, donor.rgb.rows);
    const double to_donor_x = static_cast<double>(donor.rgb.cols) / image.size.width;
    const double to_donor_y = static_cast<double>(donor.rgb.rows) / image.size.height;
    const int count = random.integer(1, options_.augment.copy_paste_boxes);
    for (int i = 0; i < count; ++i) {
      const LabelledBox& label = random.pick(image.labels);
      const double gain = gain_for(donor.rgb, into.cols) *
                          random.uniform(1 - options_.augment.scale, 1 + options_.augment.scale);
      const cv::Point from(static_cast<int>(std::floor(label.box.x1 * to_donor_x)),
                           static_cast<int>(std::floor(label.box.y1 * to_donor_y)));
      const cv::Point to(static_cast<int>(std::ceil(label.box.x2 * to_donor_x)),
                         static_cast<int>(std::ceil(label.box.y2 * to_donor_y)));
      const cv::Rect cut = cv::Rect(from, to) & all;
      const cv::Size size(static_cast<int>(std::lround(cut.width * gain)),
                          static_cast<int>(std::lround(cut.height * gain)));
      const bool fits = size.width > 0 && size.height > 0 && size.width <= into.cols / 2 &&
                        size.height <= into.rows / 2;
      if (label.crowd || !fits) continue;
      const auto place = free_place(size, {into.cols, into.rows}, labels, random);
      if (!place) continue;
      cv::Mat target = into(cv::Rect(*place, size));
      cv::resize(donor.rgb(cut), target, size, 0, 0, cv::INTER_LINEAR);
      const Placement pasted = translation(place->x, place->y) *
                               scaling(static_cast<double>(size.width) / cut.width,
                                       static_cast<double>(size.height) / cut.height) *
                               translation(-cut.x, -cut.y) * scaling(to_donor_x, to_donor_y);
      place_labels({label}, pasted, {into.cols, into.rows}, limits(), labels);
    }
  }

  static std::optional<cv::Point> free_place(cv::Size size, Size sample,
                                             const std::vector<LabelledBox>& labels,
                                             Random& random) {
    constexpr int kTries = 10;
    for (int i = 0; i < kTries; ++i) {
      const cv::Point place(random.integer(0, sample.width - size.width),
                            random.integer(0, sample.height - size.height));
      const Box box{static_cast<float>(place.x), static_cast<float>(place.y),
                    static_cast<float>(place.x + size.width),
                    static_cast<float>(place.y + size.height)};
      const bool hides = std::any_of(labels.begin(), labels.end(), [&](const LabelledBox& label) {
        return overlap_area(label.box, box) > kMostPastedOver * area(label.box);
      });
      if (!hides) return place;
    }
    return std::nullopt;
  }

  void cut_out(Random& random, cv::Mat& into, std::vector<LabelledBox>& labels) const {
    const int count = random.integer(1, options_.augment.cutout_holes);
    const int longest = std::max(1, static_cast<int>(options_.augment.cutout_size * into.cols));
    std::vector<double> hidden(labels.size(), 0);
    for (int i = 0; i < count; ++i) {
      const cv::Size size(random.integer(1, longest), random.integer(1, longest));
      const cv::Rect hole(
          {random.integer(0, into.cols - size.width), random.integer(0, into.rows - size.height)},
          size);
      into(hole).setTo(kGrey);
      const Box box{static_cast<float>(hole.x), static_cast<float>(hole.y),
                    static_cast<float>(hole.br().x), static_cast<float>(hole.br().y)};
      for (std::size_t k = 0; k < labels.size(); ++k) hidden[k] += overlap_area(labels[k].box, box);
    }
    std::vector<LabelledBox> kept;
    for (std::size_t k = 0; k < labels.size(); ++k)
      if (hidden[k] <= kMostCutOut * area(labels[k].box)) kept.push_back(labels[k]);
    labels = std::move(kept);
  }

  void flip(Random& random, cv::Mat& into, std::vector<LabelledBox>& labels) const {
    constexpr int kAroundX = 0;
    constexpr int kAroundY = 1;
    const bool horizontal = random.chance(options_.augment.flip_horizontal);
    const bool vertical = random.chance(options_.augment.flip_vertical);
    const auto side = static_cast<float>(into.cols);
    if (horizontal) {
      cv::flip(into, into, kAroundY);
      for (LabelledBox& label : labels)
        label.box = {side - label.box.x2, label.box.y1, side - label.box.x1, label.box.y2};
    }
    if (vertical) {
      cv::flip(into, into, kAroundX);
      for (LabelledBox& label : labels)
        label.box = {label.box.x1, side - label.box.y2, label.box.x2, side - label.box.y1};
    }
  }

  std::shared_ptr<const Dataset> dataset_;
  SamplerOptions options_;
  PictureStore pictures_;
};

Sampler::Sampler(std::shared_ptr<const Dataset> dataset, const SamplerOptions& options) {
  GONDOLA_EXPECTS(dataset != nullptr && !dataset->images.empty(), "Sampler: no pictures");
  GONDOLA_EXPECTS(options.image_size > 0, "Sampler: image_size is ", options.image_size);
  validate(options.augment);
  impl_ = std::make_unique<Impl>(std::move(dataset), options);
}

Sampler::~Sampler() = default;

std::vector<LabelledBox> Sampler::make(const SampleKey& key, cv::Mat& into) const {
  GONDOLA_EXPECTS(into.type() == CV_8UC3 && into.cols == into.rows && into.cols > 0,
                  "Sampler: expected a square CV_8UC3, got type ", into.type(), " of ", into.cols,
                  " x ", into.rows);
  return impl_->make(key, into);
}

std::vector<Issue> Sampler::take_issues() const { return impl_->take_issues(); }

}  // namespace gondola::data
