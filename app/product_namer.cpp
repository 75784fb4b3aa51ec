#include "product_namer.hpp"

#include <algorithm>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::app {

void require_embedder(const shelf::Catalog& catalog, const std::string& embedder,
                      const std::filesystem::path& catalog_file) {
  if (catalog.embedder() == embedder) return;
  throw ConfigError(concat(catalog_file.string(), " was made with '", catalog.embedder(),
                           "', which cannot be compared with '", embedder,
                           "'; name the model it was made with (--model), or make it again"));
}

ProductNamer::ProductNamer(const std::filesystem::path& catalog_file,
                           const nn::WeightsFile& weights, const ClassNames& names,
                           std::vector<std::string> no_products)
    : catalog_(shelf::load_catalog(catalog_file)),
      embedder_(weights),
      no_products_(std::move(no_products)) {
  require_embedder(catalog_, embedder_.name(), catalog_file);
  if (catalog_.products().empty()) {
    throw ConfigError(concat(catalog_file.string(),
                             " has no products; add some with gondola catalog add NAME CROP..."));
  }
  std::vector<std::string> all = names.names();
  for (const shelf::CatalogProduct& product : catalog_.products()) {
    const std::optional<int> known = names.find(product.name);
    class_ids_.push_back(known ? *known : static_cast<int>(all.size()));
    if (!known) all.push_back(product.name);
  }
  names_ = ClassNames(std::move(all));
}

bool ProductNamer::knows(const std::string& name) const {
  const std::vector<shelf::CatalogProduct>& products = catalog_.products();
  return std::any_of(products.begin(), products.end(),
                     [&](const shelf::CatalogProduct& product) { return product.name == name; });
}

void ProductNamer::name(const cv::Mat& image, std::vector<Detection>& detections) {
  for (Detection& detection : detections) {
    const std::string label = names_.name(detection.class_id);
    if (std::find(no_products_.begin(), no_products_.end(), label) != no_products_.end()) continue;
    const auto vector = embedder_.embed(image, detection.box);
    if (!vector) continue;
    const auto match = catalog_.match(*vector);
    if (match && match->accepted) detection.class_id = class_ids_[match->product];
  }
}

}  // namespace gondola::app
