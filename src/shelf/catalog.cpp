#include "gondola/shelf/catalog.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "median.hpp"

namespace gondola::shelf {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr double kFarthest = 2;  // what a cosine distance can be
constexpr double kNoNeighbour = std::numeric_limits<double>::infinity();

void check_name(const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    throw ConfigError(concat("product name '", printable(name), "': ", why));
  };
  if (trim(name).empty()) refuse("expected a name");
  if (name.size() > kLongestName) refuse(concat("expected at most ", kLongestName, " bytes"));
  if (std::any_of(name.begin(), name.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
    refuse("expected a name without control characters");
  }
  if (name == "gap") refuse("that is the label of empty places");
}

double length_of(const std::vector<float>& vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

// Between vectors of length 1. Sums side by side, which the compiler may not make of a single one.
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < a.size(); ++i) sums[0] += a[i] * b[i];
  return 1 - std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// An example's nearest neighbours when it is looked up in all the others.
struct Neighbours {
  double own = kNoNeighbour;    ///< among those of its product
  double other = kNoNeighbour;  ///< among those of other products
};

std::vector<Neighbours> neighbours_of_each(const std::vector<CatalogProduct>& products) {
  std::vector<Neighbours> all;
  for (std::size_t p = 0; p < products.size(); ++p) {
    for (std::size_t e = 0; e < products[p].examples.size(); ++e) {
      Neighbours found;
      for (std::size_t q = 0; q < products.size(); ++q) {
        for (std::size_t f = 0; f < products[q].examples.size(); ++f) {
          if (p == q && e == f) continue;
          double& nearest = p == q ? found.own : found.other;
          nearest = std::min(nearest, distance(products[p].examples[e].embedding,
                                               products[q].examples[f].embedding));
        }
      }
      all.push_back(found);
    }
  }
  return all;
}

// See Catalog::threshold().
double best_threshold(const std::vector<Neighbours>& examples) {
  struct Change {
    double at = 0;    ///< from this threshold on
    double gain = 0;  ///< more of what is right, less of it where negative
  };
  const auto with_own = static_cast<double>(
      std::count_if(examples.begin(), examples.end(),
                    [](const Neighbours& found) { return found.own < kNoNeighbour; }));
  std::vector<Change> changes;
  for (const Neighbours& found : examples) {
    if (found.own < found.other) changes.push_back({found.own, 1 / with_own});
    changes.push_back({found.other, -1 / static_cast<double>(examples.size())});
  }
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.at < b.at; });
  double right = 0;
  double best = 0;
  double width = changes.front().at;
  double threshold = width / 2;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    right += changes[i].gain;
    const double next = i + 1 < changes.size() ? changes[i + 1].at : kFarthest;
    const double range = next - changes[i].at;
    // Sums of fractions that should be equal differ in their last digits.
    constexpr double kSame = 1e-9;
    if (range <= 0 || right < best - kSame || (right < best + kSame && range <= width)) continue;
    best = std::max(best, right);
    width = range;
    threshold = (changes[i].at + next) / 2;
  }
  return threshold;
}

}  // namespace

Catalog::Catalog(std::string embedder, std::size_t dimensions, std::vector<CatalogProduct> products)
    : embedder_(std::move(embedder)), dimensions_(dimensions) {
  GONDOLA_EXPECTS(dimensions > 0, "catalogue of vectors without numbers");
  for (CatalogProduct& product : products) {
    for (CatalogExample& example : product.examples) {
      const std::string origin = example.origin;
      if (keep(product.name, std::move(example))) continue;
      throw ConfigError(
          concat("product '", product.name, "' has the picture ", printable(origin), " twice"));
    }
  }
  calibrate();
}

bool Catalog::add(const std::string& name, CatalogExample example) {
  if (!keep(name, std::move(example))) return false;
  calibrate();
  return true;
}

bool Catalog::keep(const std::string& name, CatalogExample example) {
  check_name(name);
  const double length = length_of(example.embedding);
  GONDOLA_EXPECTS(example.embedding.size() == dimensions_, "catalogue: ", example.embedding.size(),
                  " numbers instead of ", dimensions_);
  GONDOLA_EXPECTS(std::isfinite(length) && length > 0, "catalogue: vector of length ", length);
  for (float& value : example.embedding) value = static_cast<float>(value / length);

  for (const CatalogProduct& product : products_) {
    const auto same =
        std::find_if(product.examples.begin(), product.examples.end(),
                     [&](const CatalogExample& known) { return known.content == example.content; });
    if (same == product.examples.end()) continue;
    if (product.name == name) return false;
    throw ConfigError(concat(printable(example.origin), ": the catalogue has this picture as '",
                             product.name, "' already; it cannot be '", name, "' too"));
  }
  const auto place = std::lower_bound(products_.begin(), products_.end(), name,
                                      [](const CatalogProduct& product, const std::string& wanted) {
                                        return product.name < wanted;
                                      });
  if (place != products_.end() && place->name == name)
    place->examples.push_back(std::move(example));
  else
    products_.insert(place, {name, {std::move(example)}});
  return true;
}

bool Catalog::remove(std::string_view name) {
  const auto place =
      std::find_if(products_.begin(), products_.end(),
                   [&](const CatalogProduct& product) { return product.name == name; });
  if (place == products_.end()) return false;
  products_.erase(place);
  calibrate();
  return true;
}

std::optional<CatalogMatch> Catalog::match(const std::vector<float>& embedding) const {
  const double length = length_of(embedding);
  GONDOLA_EXPECTS(embedding.size() == dimensions_, "catalogue: ", embedding.size(),
                  " numbers instead of ", dimensions_);
  GONDOLA_EXPECTS(std::isfinite(length) && length > 0, "catalogue: vector of length ", length);
  std::vector<float> query(embedding.size());
  std::transform(embedding.begin(), embedding.end(), query.begin(),
                 [&](float value) { return static_cast<float>(value / length); });
  std::optional<CatalogMatch> nearest;
  for (std::size_t p = 0; p < products_.size(); ++p) {
    for (const CatalogExample& example : products_[p].examples) {
      const double apart = distance(query, example.embedding);
      if (!nearest || apart < nearest->distance)
        nearest = CatalogMatch{p, apart, apart <= threshold_};
    }
  }
  return nearest;
}

void Catalog::calibrate() {
  const std::vector<Neighbours> examples = neighbours_of_each(products_);
  std::vector<double> own;
  std::vector<double> other;
  for (const Neighbours& found : examples) {
    if (found.own < kNoNeighbour) own.push_back(found.own);
    if (found.other < kNoNeighbour) other.push_back(found.other);
  }
  if (own.empty() && other.empty())
    threshold_ = kUncalibrated;
  else if (own.empty())
    threshold_ = median(std::move(other)) / 2;
  else if (other.empty())
    threshold_ = 2 * *std::max_element(own.begin(), own.end());
  else
    threshold_ = best_threshold(examples);
}

}  // namespace gondola::shelf
