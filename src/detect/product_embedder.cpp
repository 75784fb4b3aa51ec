#include "gondola/detect/product_embedder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/fingerprint.hpp"
#include "gondola/engine/engine.hpp"
#include "gondola/media/appearance.hpp"
#include "gondola/media/letterbox_image.hpp"

namespace gondola::detect {
namespace {

// To be raised with every change that moves the vectors.
constexpr const char* kVersion = "products-1";

constexpr int kInput = 160;
constexpr int kStride = 8;
constexpr int kColumns = 2;
constexpr int kRows = 3;
constexpr float kLeastSide = 4;

int feature_stage(const nn::ModelSpec& spec) {
  const std::vector<nn::StageShape> shapes = nn::stage_shapes(spec);
  for (int stage = spec.backbone_stages - 1; stage >= 0; --stage) {
    if (shapes[static_cast<std::size_t>(stage)].stride == kStride) return stage;
  }
  throw ConfigError(concat("the backbone of ", spec.name, " has no stage of stride ", kStride,
                           ", whose features tell products apart"));
}

// Of all tensors, so that a model that was trained further is another one.
std::string identity_of(const nn::WeightsFile& weights) {
  constexpr std::size_t kDigits = 16;
  std::string all;
  for (const auto& [name, tensor] : weights.tensors) {
    all += name;
    all += fingerprint(tensor.data.get(), tensor.byte_size());
  }
  return fingerprint(all.data(), all.size()).substr(0, kDigits);
}

std::optional<cv::Rect> pixels_of(const Box& box, const cv::Mat& image) {
  if (!is_valid(box)) return std::nullopt;
  const Box inside = clip(box, {image.cols, image.rows});
  if (inside.width() < kLeastSide || inside.height() < kLeastSide) return std::nullopt;
  const int left = static_cast<int>(std::floor(inside.x1));
  const int top = static_cast<int>(std::floor(inside.y1));
  return cv::Rect(left, top, static_cast<int>(std::ceil(inside.x2)) - left,
                  static_cast<int>(std::ceil(inside.y2)) - top);
}

/// Cells that a stretch of pixels touches: the first and one past the last.
std::pair<int, int> cells_of(int first_pixel, int pixels, int cells) {
  const int first = first_pixel / kStride;
  return {first, std::clamp((first_pixel + pixels + kStride - 1) / kStride, first + 1, cells)};
}

/// Means of every channel over columns and rows of the part of a map that shows the picture.
std::vector<float> pooled(const engine::StageMap& map, const LetterboxTransform& picture) {
  const std::size_t channels = map.channels.size();
  std::vector<float> sums(channels * kColumns * kRows);
  std::vector<int> cells(static_cast<std::size_t>(kColumns * kRows));
  const auto [left, right] = cells_of(picture.pad_left, picture.resized.width, map.width);
  const auto [top, bottom] = cells_of(picture.pad_top, picture.resized.height, map.height);
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const auto row = static_cast<std::size_t>((y - top) * kRows / (bottom - top));
      const auto column = static_cast<std::size_t>((x - left) * kColumns / (right - left));
      const std::size_t part = row * kColumns + column;
      const float* cell = map.values + (static_cast<std::ptrdiff_t>(y) * map.width + x) * map.step;
      for (std::size_t c = 0; c < channels; ++c) sums[part * channels + c] += cell[map.channels[c]];
      ++cells[part];
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] /= static_cast<float>(std::max(1, cells[i / channels]));
  }
  return sums;
}

void append(std::vector<float>& vector, const std::vector<float>& part, double weight) {
  double squares = 0;
  for (const float value : part) squares += static_cast<double>(value) * value;
  const double scale = squares > 0 ? std::sqrt(weight / squares) : 0;
  for (const float value : part) vector.push_back(static_cast<float>(value * scale));
}

}  // namespace

class ProductEmbedder::Implementation {
 public:
  Implementation(const nn::WeightsFile& weights, const EmbedderWeights& parts) : parts_(parts) {
    const double sum = parts.colors + parts.edges + parts.network;
    GONDOLA_EXPECTS(parts.colors >= 0 && parts.edges >= 0 && parts.network >= 0 && sum > 0,
                    "embedder weights ", parts.colors, ", ", parts.edges, ", ", parts.network);
    parts_ = {parts.colors / sum, parts.edges / sum, parts.network / sum};
    name = concat(kVersion, ' ', parts.colors, '/', parts.edges, '/', parts.network);
    if (parts_.network > 0) {
      if (weights.tensors.empty()) {
        throw ConfigError(concat(weights.description.spec.name,
                                 " has no weights; products are told apart by a trained network"));
      }
      engine::EngineOptions options;
      options.image_height = kInput;
      options.image_width = kInput;
      // The maps are small: threads would wait for each other longer than they work.
      options.threads = 1;
      options.kept_stages = {feature_stage(weights.description.spec)};
      network_ = std::make_unique<engine::Engine>(weights, options);
      name += concat(' ', weights.description.spec.name, ' ', identity_of(weights));
    }
    dimensions = embed(cv::Mat::zeros(kInput, kInput, CV_8UC3)).size();
  }

  std::vector<float> embed(const cv::Mat& crop) {
    std::vector<float> vector;
    if (parts_.colors > 0 || parts_.edges > 0) {
      const media::Appearance look = media::appearance(crop);
      if (parts_.colors > 0) append(vector, look.colors, parts_.colors);
      if (parts_.edges > 0) append(vector, look.edges, parts_.edges);
    }
    if (network_) append(vector, features(crop), parts_.network);
    return vector;
  }

  std::string name;
  std::size_t dimensions = 0;

 private:
  std::vector<float> features(const cv::Mat& crop) {
    const LetterboxTransform placed =
        media::letterbox_image(crop, {kInput, kInput}, network_input_);
    network_->set_picture(network_input_.ptr(),
                          static_cast<std::ptrdiff_t>(network_input_.step[0]));
    network_->run();
    return pooled(network_->stage_maps().front(), placed);
  }

  EmbedderWeights parts_;  // their sum is 1
  std::unique_ptr<engine::Engine> network_;
  cv::Mat network_input_;
};

ProductEmbedder::ProductEmbedder(const nn::WeightsFile& weights, const EmbedderWeights& parts)
    : implementation_(std::make_unique<Implementation>(weights, parts)) {}
ProductEmbedder::~ProductEmbedder() = default;
ProductEmbedder::ProductEmbedder(ProductEmbedder&&) noexcept = default;
ProductEmbedder& ProductEmbedder::operator=(ProductEmbedder&&) noexcept = default;

std::optional<std::vector<float>> ProductEmbedder::embed(const cv::Mat& image, const Box& box) {
  GONDOLA_EXPECTS(!image.empty() && image.type() == CV_8UC3,
                  "embed: expected a BGR image of type CV_8UC3, got type ", image.type());
  const std::optional<cv::Rect> pixels = pixels_of(box, image);
  if (!pixels) return std::nullopt;
  return implementation_->embed(image(*pixels));
}

std::size_t ProductEmbedder::dimensions() const { return implementation_->dimensions; }
const std::string& ProductEmbedder::name() const { return implementation_->name; }

}  // namespace gondola::detect
