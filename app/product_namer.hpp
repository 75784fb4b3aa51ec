#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/class_names.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/detect/product_embedder.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/shelf/catalog.hpp"

namespace gondola::app {

/// Gives the products that a model detects the names of a catalogue.
///
/// Used by one thread at a time.
class ProductNamer {
 public:
  /// @param weights    of the model whose features the catalogue was made with
  /// @param names      of the detections' classes
  /// @param no_products  labels of what is none: empty places, people
  /// Throws as shelf::load_catalog() and detect::ProductEmbedder; ConfigError when the catalogue is
  /// empty or of another embedder.
  ProductNamer(const std::filesystem::path& catalog_file, const nn::WeightsFile& weights,
               const ClassNames& names, std::vector<std::string> no_products);

  /// Those of the classes, then the catalogue's products that are none of them.
  const ClassNames& names() const { return names_; }

  /// Whether the catalogue has a product of that name.
  bool knows(const std::string& name) const;

  /// Changes the classes of the products that the catalogue knows; the others keep theirs.
  void name(const cv::Mat& image, std::vector<Detection>& detections);

 private:
  shelf::Catalog catalog_;
  detect::ProductEmbedder embedder_;
  std::vector<std::string> no_products_;
  ClassNames names_;
  std::vector<int> class_ids_;  // by product of the catalogue
};

/// Throws ConfigError that names the catalogue and both embedders unless they are the same.
void require_embedder(const shelf::Catalog& catalog, const std::string& embedder,
                      const std::filesystem::path& catalog_file);

}  // namespace gondola::app
