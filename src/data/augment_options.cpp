#include "gondola/data/augment_options.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include "gondola/core/error.hpp"

namespace gondola::data {
namespace {

struct RealField {
  std::string_view name;
  double AugmentOptions::*value;
  double least;
  double most;
};

struct WholeField {
  std::string_view name;
  int AugmentOptions::*value;
  int least;
  int most;
};

/// The one place that names, fields and ranges are listed in.
constexpr std::array kRealFields = {
    RealField{"mosaic", &AugmentOptions::mosaic, 0, 1},
    RealField{"mixup", &AugmentOptions::mixup, 0, 1},
    RealField{"copy_paste", &AugmentOptions::copy_paste, 0, 1},
    RealField{"degrees", &AugmentOptions::degrees, 0, 180},
    RealField{"translate", &AugmentOptions::translate, 0, 1},
    RealField{"scale", &AugmentOptions::scale, 0, 0.95},
    RealField{"shear", &AugmentOptions::shear, 0, 45},
    RealField{"perspective", &AugmentOptions::perspective, 0, 0.001},
    RealField{"flip_horizontal", &AugmentOptions::flip_horizontal, 0, 1},
    RealField{"flip_vertical", &AugmentOptions::flip_vertical, 0, 1},
    RealField{"hue", &AugmentOptions::hue, 0, 0.5},
    RealField{"saturation", &AugmentOptions::saturation, 0, 1},
    RealField{"value", &AugmentOptions::value, 0, 1},
    RealField{"grey", &AugmentOptions::grey, 0, 1},
    RealField{"blur", &AugmentOptions::blur, 0, 1},
    RealField{"blur_sigma", &AugmentOptions::blur_sigma, 0.1, 10},
    RealField{"noise", &AugmentOptions::noise, 0, 1},
    RealField{"noise_sigma", &AugmentOptions::noise_sigma, 0.1, 100},
    RealField{"jpeg", &AugmentOptions::jpeg, 0, 1},
    RealField{"cutout", &AugmentOptions::cutout, 0, 1},
    RealField{"cutout_size", &AugmentOptions::cutout_size, 0.01, 0.5},
    RealField{"min_box_side", &AugmentOptions::min_box_side, 0, 100},
    RealField{"min_box_visible", &AugmentOptions::min_box_visible, 0, 1},
};

constexpr std::array kWholeFields = {
    WholeField{"copy_paste_boxes", &AugmentOptions::copy_paste_boxes, 1, 1000},
    WholeField{"close_mosaic", &AugmentOptions::close_mosaic, 0, 1000000},
    WholeField{"jpeg_quality", &AugmentOptions::jpeg_quality, 1, 95},
    WholeField{"cutout_holes", &AugmentOptions::cutout_holes, 1, 1000},
};

template <typename Field, typename Number>
void check(const Field& field, Number value) {
  if (!(value >= field.least && value <= field.most)) {
    throw ConfigError(concat("augment.", field.name, " = ", value, "; expected a number from ",
                             field.least, " to ", field.most));
  }
}

}  // namespace

void validate(const AugmentOptions& options) {
  for (const RealField& field : kRealFields) check(field, options.*field.value);
  for (const WholeField& field : kWholeFields) check(field, options.*field.value);
}

AugmentOptions read_augment_options(const config::Node& node, const AugmentOptions& defaults) {
  std::vector<std::string> names;
  for (const RealField& field : kRealFields) names.emplace_back(field.name);
  for (const WholeField& field : kWholeFields) names.emplace_back(field.name);
  node.refuse_unknown_keys(names);

  AugmentOptions options = defaults;
  for (const RealField& field : kRealFields) {
    if (const auto entry = node.find(field.name))
      options.*field.value = entry->as_double(config::between(field.least, field.most));
  }
  for (const WholeField& field : kWholeFields) {
    if (const auto entry = node.find(field.name))
      options.*field.value = entry->as_int(field.least, field.most);
  }
  return options;
}

AugmentOptions no_augmentation() {
  AugmentOptions options;
  for (double AugmentOptions::*probability :
       {&AugmentOptions::mosaic, &AugmentOptions::mixup, &AugmentOptions::copy_paste,
        &AugmentOptions::degrees, &AugmentOptions::translate, &AugmentOptions::scale,
        &AugmentOptions::shear, &AugmentOptions::perspective, &AugmentOptions::flip_horizontal,
        &AugmentOptions::flip_vertical, &AugmentOptions::hue, &AugmentOptions::saturation,
        &AugmentOptions::value, &AugmentOptions::grey, &AugmentOptions::blur,
        &AugmentOptions::noise, &AugmentOptions::jpeg, &AugmentOptions::cutout})
    options.*probability = 0;
  return options;
}

}  // namespace gondola::data
