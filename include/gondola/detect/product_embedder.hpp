#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::detect {

/// What each kind of numbers weighs in the similarity of two pictures, >= 0 and not all 0; a kind
/// of weight 0 is left out. The defaults are what was best on real and drawn products together, see
/// docs/shelf.md.
struct EmbedderWeights {
  double colors = 1;     ///< media::Appearance::colors
  double edges = 0.5;    ///< media::Appearance::edges
  double network = 0.5;  ///< the network's own features
};

/// Turns pictures of products into vectors of length 1 that are the nearer the more alike the
/// products look: what shelf::Catalog compares.
///
/// A vector is the colours, the edges and the network's features, each of length 1 and scaled by
/// the square root of its weight, so that the scalar product of two vectors is the weighted mean of
/// the three similarities. The features are those of the backbone's last stage of stride 8, of the
/// picture letterboxed to 160 x 160, averaged over the cells of two columns and three rows.
///
/// Used by one thread at a time, and runs on that one alone.
class ProductEmbedder {
 public:
  /// The weights are copied.
  ///
  /// Throws ConfigError for a model without tensors or without a stage of stride 8, else as
  /// engine::Engine.
  explicit ProductEmbedder(const nn::WeightsFile& weights, const EmbedderWeights& parts = {});
  ~ProductEmbedder();
  ProductEmbedder(const ProductEmbedder&) = delete;
  ProductEmbedder& operator=(const ProductEmbedder&) = delete;
  ProductEmbedder(ProductEmbedder&&) noexcept;
  ProductEmbedder& operator=(ProductEmbedder&&) noexcept;

  /// The vector of what a box encloses, the pixels that it touches.
  ///
  /// @param image  BGR, CV_8UC3 (ContractViolation otherwise)
  /// @return nothing for a box with less than 4 pixels a side inside the image
  std::optional<std::vector<float>> embed(const cv::Mat& image, const Box& box);

  /// Numbers of a vector.
  std::size_t dimensions() const;

  /// Version, weights and model, such as `products-1 1/0.5/0.5 shelf-n 5d41402abc4b2a76`: vectors
  /// of embedders with different names cannot be compared.
  const std::string& name() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gondola::detect
