#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "colors.hpp"
#include "gondola/data/random.hpp"
#include "lettering.hpp"
#include "photo_crops.hpp"

namespace gondola::data::synth {

/// What all packages of one make share: name, colours and the way they are laid out.
struct Brand {
  std::string name;
  cv::Mat name_mask;  ///< as set_word() takes it
  Palette palette;
  std::uint64_t layout_seed = 0;  ///< where name, pictures and bands go
  bool ideograms = false;         ///< small words are invented square characters
};

/// One product's print: a brand in one flavour.
struct Design {
  std::shared_ptr<const Brand> brand;
  Palette palette;
  std::vector<cv::Mat> words;  ///< masks of the flavour's words, at least two
  std::uint64_t seed = 0;      ///< of the pictures on it
  cv::Mat photo;               ///< a crop that is the whole front; empty = drawn
};

/// Designs packages and prints them. Not thread-safe; one per thread.
class PackageArtist {
 public:
  /// @param photos  must outlive the artist; may be empty
  explicit PackageArtist(const PhotoCrops& photos) : photos_(photos) {}

  std::shared_ptr<const Brand> make_brand(const ColorMood& mood, bool ideograms, Random& random);

  /// @param photo_share  how often the front is a photo's crop, 0..1
  Design make_design(std::shared_ptr<const Brand> brand, double photo_share, Random& random);

  /// A flat front of that many pixels, CV_8UC3: the same for the same design and size.
  cv::Mat front(const Design& design, cv::Size size) const;

  /// The narrow side of a box: plain, with small print, a bar code or the name on end.
  cv::Mat side(const Design& design, cv::Size size) const;

  const Lettering& lettering() const { return lettering_; }

 private:
  const PhotoCrops& photos_;
  Lettering lettering_;
};

}  // namespace gondola::data::synth
