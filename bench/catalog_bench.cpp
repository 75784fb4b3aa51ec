// How well shelf::Catalog names products by detect::ProductEmbedder's vectors.
//
//   cmake --preset release && cmake --build --preset release --target catalog_bench
//   build/release/bench/catalog_bench            # all; or: pictures, clips, boxes, groceries
//
// Five examples of each product make a catalogue; every fourth product is left out of it, so that
// there is something to refuse. What is looked up is never an example, nor the same package in
// another frame, nor another product of an example's photograph.
//
//  pictures   drawn shelves, each with a catalogue of its own: other facings of the same products;
//             and as `store` the same with one catalogue for all of them
//  boxes      the same, looked up by the boxes that shelf-n finds instead of the true ones
//  clips      drawn shelves that a camera pans along: other packages, other frames
//  groceries  $GONDOLA_SHARED/data/groceries25: kinds of goods on close-ups, many brands of each
//
// Standard output: a Markdown table. "right" and the others are shares of what was looked up, in
// percent: mean and standard deviation over draws of examples.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/data/dataset.hpp"
#include "gondola/data/shelf_picture.hpp"
#include "gondola/data/shelf_video.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/detect/product_embedder.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/shelf/catalog.hpp"

namespace {

using gondola::Box;

constexpr int kExamples = 5;
constexpr int kLeftOut = 4;  // every fourth product

using gondola::detect::EmbedderWeights;

struct Method {
  const char* name;
  EmbedderWeights weights;
};

constexpr Method kMethods[] = {{"colours", {1, 0, 0}},
                               {"edges", {0, 1, 0}},
                               {"network", {0, 0, 1}},
                               {"colours, edges", {1, 0.5, 0}},
                               {"colours, network", {1, 0, 0.5}},
                               {"all", {}}};
constexpr std::size_t kParts = 3;  // the first methods, which the others are made of

/// One picture of a product.
struct Sample {
  int group = 0;    ///< what has a catalogue of its own: a drawn picture, a clip
  int product = 0;  ///< within the group
  int package = 0;  ///< the same one may be seen several times
  int photo = 0;
  bool is_found = false;                  ///< by the detector, not a true box
  std::vector<std::vector<float>> parts;  ///< colours, edges, network: of length 1
};

/// What a ProductEmbedder of these weights gives.
std::vector<float> joined(const Sample& sample, const EmbedderWeights& weights) {
  const double sum = weights.colors + weights.edges + weights.network;
  const double shares[kParts] = {weights.colors / sum, weights.edges / sum, weights.network / sum};
  std::vector<float> vector;
  for (std::size_t part = 0; part < kParts; ++part) {
    if (shares[part] == 0) continue;
    const auto scale = static_cast<float>(std::sqrt(shares[part]));
    for (const float value : sample.parts[part]) vector.push_back(scale * value);
  }
  return vector;
}

class Embedders {
 public:
  explicit Embedders(const gondola::nn::WeightsFile& weights) {
    for (std::size_t part = 0; part < kParts; ++part)
      all_.emplace_back(weights, kMethods[part].weights);
  }

  /// False when the box is too small to be looked at.
  bool look(const cv::Mat& image, const Box& box, Sample& sample) {
    for (std::size_t part = 0; part < kParts; ++part) {
      const auto start = std::chrono::steady_clock::now();
      auto vector = all_[part].embed(image, box);
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - start;
      if (!vector) return false;
      ms_[part].push_back(took.count());
      sample.parts.push_back(std::move(*vector));
    }
    return true;
  }

  /// Medians. Colours and edges are always computed together.
  std::string times() {
    std::string text;
    for (const std::size_t part : {0, 2}) {
      std::vector<double>& ms = ms_[part];
      std::nth_element(ms.begin(), ms.begin() + static_cast<std::ptrdiff_t>(ms.size() / 2),
                       ms.end());
      char number[64];
      std::snprintf(number, sizeof number, "%s %.2f ms",
                    part == 0 ? "colours and edges" : ", network", ms[ms.size() / 2]);
      text += number;
    }
    return text;
  }

 private:
  std::vector<gondola::detect::ProductEmbedder> all_;
  std::vector<double> ms_[kParts];
};

std::vector<Sample> drawn_pictures(Embedders& embedders, gondola::detect::Detector* detector) {
  gondola::data::ShelfOptions options;
  options.size = {960, 960};
  options.seed = 4242;
  gondola::data::ShelfArtist artist(options);
  std::vector<Sample> samples;
  for (int number = 0; number < 24; ++number) {
    const auto drawn = artist.draw(static_cast<std::uint64_t>(number));
    const auto& objects = drawn.truth.objects;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      Sample sample{number, objects[i].product, static_cast<int>(i), number, false, {}};
      if (embedders.look(drawn.picture, objects[i].box, sample))
        samples.push_back(std::move(sample));
    }
    if (detector == nullptr) continue;
    for (const gondola::Detection& found : detector->detect(drawn.picture)) {
      if (found.class_id != 0) continue;
      std::size_t best = 0;
      float overlap = 0;
      for (std::size_t i = 0; i < objects.size(); ++i) {
        const float shared = gondola::iou(found.box, objects[i].box);
        if (shared > overlap) {
          overlap = shared;
          best = i;
        }
      }
      if (overlap < 0.5F) continue;
      Sample sample{number, objects[best].product, static_cast<int>(best), number, true, {}};
      if (embedders.look(drawn.picture, found.box, sample)) samples.push_back(std::move(sample));
    }
  }
  return samples;
}

std::vector<Sample> drawn_clips(Embedders& embedders) {
  std::vector<Sample> samples;
  int photo = 0;
  for (int number = 0; number < 8; ++number) {
    gondola::data::ShelfVideoOptions options;
    options.shelf.size = {960, 720};
    options.shelf.seed = static_cast<std::uint64_t>(900 + number);
    options.seconds = 12;
    options.fps = 1;
    gondola::data::ShelfVideo video(options);
    while (const auto frame = video.next()) {
      ++photo;
      if (frame->number % 2 != 0) continue;
      for (const auto& object : frame->objects) {
        Sample sample{number, object.product, object.identity, photo, false, {}};
        if (embedders.look(frame->picture, object.box, sample))
          samples.push_back(std::move(sample));
      }
    }
  }
  return samples;
}

std::vector<Sample> groceries(Embedders& embedders) {
  const char* shared = std::getenv("GONDOLA_SHARED");
  const auto folder =
      std::filesystem::path(shared != nullptr ? shared : "../shared") / "data/groceries25";
  std::vector<Sample> samples;
  const gondola::data::Dataset dataset = gondola::data::load_dataset(folder);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const cv::Mat picture = gondola::media::read_image(dataset.images[i].path);
    const int photo = static_cast<int>(i);
    for (const gondola::LabelledBox& label : dataset.images[i].labels) {
      // Packages of one photograph count as one: examples come from different photographs.
      Sample sample{0, label.class_id, photo, photo, false, {}};
      if (embedders.look(picture, label.box, sample)) samples.push_back(std::move(sample));
    }
  }
  return samples;
}

/// As if all groups were shelves of one store.
std::vector<Sample> in_one_catalogue(std::vector<Sample> samples) {
  constexpr int kMostOfAGroup = 10'000;
  for (Sample& sample : samples) {
    sample.product += kMostOfAGroup * sample.group;
    sample.package += kMostOfAGroup * sample.group;
    sample.group = 0;
  }
  return samples;
}

/// Examples and what is looked up in their catalogue, as indices into the samples.
struct Split {
  std::vector<std::size_t> examples;
  std::vector<std::size_t> known;
  std::vector<std::size_t> unknown;  ///< of products that the catalogue does not have
};

/// @param by_photo  what is in an example's photograph is not looked up
std::vector<Split> split(const std::vector<Sample>& samples, bool by_photo, bool look_up_found,
                         unsigned seed) {
  std::mt19937 random(seed);
  std::map<int, std::map<int, std::map<int, std::vector<std::size_t>>>> groups;
  for (std::size_t i = 0; i < samples.size(); ++i)
    groups[samples[i].group][samples[i].product][samples[i].package].push_back(i);
  std::vector<Split> splits;
  for (const auto& [group, products] : groups) {
    Split result;
    std::set<int> photos;
    std::vector<int> numbers;
    for (const auto& [product, packages] : products) numbers.push_back(product);
    std::shuffle(numbers.begin(), numbers.end(), random);
    std::set<int> left_out;
    for (std::size_t i = kLeftOut - 1; i < numbers.size(); i += kLeftOut)
      left_out.insert(numbers[i]);
    std::vector<std::pair<bool, std::size_t>> others;
    for (const auto& [product, packages] : products) {
      std::vector<int> shuffled;
      for (const auto& [package, views] : packages) shuffled.push_back(package);
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      const bool is_known = left_out.count(product) == 0;
      if (is_known && shuffled.size() <= kExamples) continue;
      for (std::size_t i = 0; i < shuffled.size(); ++i) {
        const std::vector<std::size_t>& views = packages.at(shuffled[i]);
        if (is_known && i < kExamples) {
          std::vector<std::size_t> true_views;
          for (const std::size_t view : views)
            if (!samples[view].is_found) true_views.push_back(view);
          if (true_views.empty()) continue;
          result.examples.push_back(true_views[random() % true_views.size()]);
          photos.insert(samples[result.examples.back()].photo);
          continue;
        }
        for (const std::size_t view : views)
          if (samples[view].is_found == look_up_found) others.emplace_back(is_known, view);
      }
    }
    for (const auto& [is_known, view] : others) {
      if (by_photo && photos.count(samples[view].photo) != 0) continue;
      (is_known ? result.known : result.unknown).push_back(view);
    }
    if (!result.examples.empty() && !result.known.empty()) splits.push_back(std::move(result));
  }
  return splits;
}

struct Shares {
  double nearest = 0;  ///< right if nothing were refused
  double right = 0, wrong = 0, refused = 0;
  double unknown_named = 0;
};

Shares measure(const std::vector<Sample>& samples, const std::vector<Split>& splits,
               const EmbedderWeights& weights) {
  Shares sums;
  double known = 0;
  double unknown = 0;
  std::vector<std::vector<float>> vectors;
  for (const Sample& sample : samples) vectors.push_back(joined(sample, weights));
  for (const Split& split : splits) {
    std::map<int, gondola::shelf::CatalogProduct> products;
    for (const std::size_t i : split.examples) {
      auto& product = products[samples[i].product];
      product.name = std::to_string(samples[i].product);
      product.examples.push_back({"", std::to_string(i), vectors[i]});
    }
    std::vector<gondola::shelf::CatalogProduct> list;
    for (auto& [number, product] : products) list.push_back(std::move(product));
    const gondola::shelf::Catalog catalog("bench", vectors.front().size(), std::move(list));
    for (const std::size_t i : split.known) {
      const auto match = *catalog.match(vectors[i]);
      const bool same =
          catalog.products()[match.product].name == std::to_string(samples[i].product);
      ++known;
      sums.nearest += same ? 1 : 0;
      (!match.accepted ? sums.refused : same ? sums.right : sums.wrong) += 1;
    }
    for (const std::size_t i : split.unknown) {
      ++unknown;
      sums.unknown_named += catalog.match(vectors[i])->accepted ? 1 : 0;
    }
  }
  return {sums.nearest / known, sums.right / known, sums.wrong / known, sums.refused / known,
          sums.unknown_named / unknown};
}

std::string mean_and_spread(const std::vector<Shares>& draws, double Shares::*share) {
  double sum = 0;
  double squares = 0;
  for (const Shares& draw : draws) {
    sum += draw.*share;
    squares += draw.*share * (draw.*share);
  }
  const auto count = static_cast<double>(draws.size());
  const double mean = sum / count;
  const double spread = std::sqrt(std::max(0.0, (squares - sum * mean) / std::max(1.0, count - 1)));
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ± %.1f", 100 * mean, 100 * spread);
  return text;
}

void report(const std::string& what, const std::vector<Sample>& samples, bool by_photo,
            bool look_up_found, Embedders& embedders) {
  constexpr unsigned kDraws = 5;
  std::vector<std::vector<Split>> draws;
  double examples = 0, known = 0, unknown = 0, catalogues = 0;
  for (unsigned seed = 1; seed <= kDraws; ++seed) {
    draws.push_back(split(samples, by_photo, look_up_found, seed));
    for (const Split& one : draws.back()) {
      examples += static_cast<double>(one.examples.size());
      known += static_cast<double>(one.known.size());
      unknown += static_cast<double>(one.unknown.size());
      ++catalogues;
    }
  }
  std::printf(
      "\n%s: %.0f catalogues of %.1f products; looked up %.0f known, %.0f unknown, %u draws; "
      "%s\n\n",
      what.c_str(), catalogues / kDraws, examples / catalogues / kExamples, known / kDraws,
      unknown / kDraws, kDraws, embedders.times().c_str());
  std::printf(
      "| method | nearest is right | named right | named wrong | refused | unknown, but named "
      "|\n"
      "|---|---|---|---|---|---|\n");
  for (std::size_t method = 0; method < std::size(kMethods); ++method) {
    std::vector<Shares> shares;
    for (const std::vector<Split>& splits : draws)
      shares.push_back(measure(samples, splits, kMethods[method].weights));
    std::printf("| %s | %s | %s | %s | %s | %s |\n", kMethods[method].name,
                mean_and_spread(shares, &Shares::nearest).c_str(),
                mean_and_spread(shares, &Shares::right).c_str(),
                mean_and_spread(shares, &Shares::wrong).c_str(),
                mean_and_spread(shares, &Shares::refused).c_str(),
                mean_and_spread(shares, &Shares::unknown_named).c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::set<std::string> known{"pictures", "boxes", "clips", "groceries"};
    std::set<std::string> parts(argv + 1, argv + argc);
    for (const std::string& part : parts) {
      if (known.count(part) != 0) continue;
      throw gondola::ConfigError("unknown part '" + part +
                                 "'; expected pictures, boxes, clips or groceries");
    }
    if (parts.empty()) parts = known;
    const auto weights = gondola::nn::read_weights(gondola::nn::find_model("shelf-n"));
    Embedders embedders(weights);
    if (parts.count("pictures") + parts.count("boxes") != 0) {
      gondola::detect::Detector detector(weights);
      const auto samples =
          drawn_pictures(embedders, parts.count("boxes") != 0 ? &detector : nullptr);
      if (parts.count("pictures") != 0) {
        report("pictures", samples, false, false, embedders);
        report("store", in_one_catalogue(samples), false, false, embedders);
      }
      if (parts.count("boxes") != 0) report("boxes", samples, false, true, embedders);
    }
    if (parts.count("clips") != 0) report("clips", drawn_clips(embedders), false, false, embedders);
    if (parts.count("groceries") != 0)
      report("groceries", groceries(embedders), true, false, embedders);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
