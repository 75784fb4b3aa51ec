#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gondola::shelf {

/// One picture of a product, as a vector.
struct CatalogExample {
  std::string origin;            ///< where it came from, for people: a file, a file and a box
  std::string content;           ///< tells equal pictures: a fingerprint of the pixels
  std::vector<float> embedding;  ///< of length 1
};

struct CatalogProduct {
  std::string name;
  std::vector<CatalogExample> examples;  ///< in the order they came; at least one
};

/// What a catalogue says about a vector.
struct CatalogMatch {
  std::size_t product = 0;  ///< index into Catalog::products()
  double distance = 0;      ///< to the nearest example
  bool accepted = false;    ///< near enough to be taken for the product
};

/// Products by example: a few pictures of each as vectors, and what a new picture is by its nearest
/// neighbour among them.
///
/// Vectors are compared by the cosine distance, 1 - a.b for vectors of length 1: 0 for equal ones,
/// 1 for those that have nothing in common. Only vectors of one embedder can be compared, so a
/// catalogue names the one that made it.
///
/// Not thread-safe while it is changed; match() may be called from several threads at once.
class Catalog {
 public:
  /// @param embedder  what makes the vectors, version included; see detect::ProductEmbedder
  /// @param dimensions  numbers of a vector, > 0 (ContractViolation otherwise)
  /// @param products  what is in it from the start, each as add() takes it, whose exceptions these
  ///                  are; an example that is there twice throws ConfigError too
  Catalog(std::string embedder, std::size_t dimensions, std::vector<CatalogProduct> products = {});

  /// Keeps a picture of a product; the first one makes the product. A picture of which the product
  /// has the same content already is not kept again: false.
  ///
  /// Throws ConfigError for a name that no label can have: empty, longer than 100 bytes, with
  /// control characters, or `gap`, the label of empty places; and for a picture that another
  /// product has. Requires: `dimensions` finite numbers, not all 0, scaled here to length 1
  /// (ContractViolation otherwise).
  ///
  /// Cost: that of match() for every example, because the threshold is calibrated anew.
  bool add(const std::string& name, CatalogExample example);

  /// Forgets a product; false when there is none of that name.
  bool remove(std::string_view name);

  const std::string& embedder() const { return embedder_; }
  std::size_t dimensions() const { return dimensions_; }

  /// In the order of the alphabet.
  const std::vector<CatalogProduct>& products() const { return products_; }

  /// The product of the nearest example, accepted if that is within threshold(). Nothing when the
  /// catalogue is empty. Requires a vector as add() does; its length does not matter.
  ///
  /// Cost: dimensions times examples.
  std::optional<CatalogMatch> match(const std::vector<float>& embedding) const;

  /// The distance up to which a vector is taken for a product, calibrated on the catalogue itself.
  ///
  /// Every example is looked up in the others. The nearest of its own product is how far a product
  /// is from itself; the nearest of the other products is how far something lies that the catalogue
  /// does not have, because so would this example if its product were taken out. The threshold is
  /// the one at which most is right: the share of examples whose own product is nearest and within
  /// it, plus the share of those whose nearest other product is beyond it, both weighing the same.
  /// Between equally good thresholds it is the middle of the widest range of them.
  ///
  /// Where no product has two examples, half of the median distance to the nearest other product;
  /// with a single product, twice the largest distance to the nearest example of its own; with a
  /// single example, kUncalibrated.
  double threshold() const { return threshold_; }

  static constexpr double kUncalibrated = 0.15;

 private:
  bool keep(const std::string& name, CatalogExample example);
  void calibrate();

  std::string embedder_;
  std::size_t dimensions_;
  std::vector<CatalogProduct> products_;
  double threshold_ = kUncalibrated;
};

/// The file of a catalogue: JSON, schema gondola.catalog/1, as docs/shelf.md describes it.
std::string to_json(const Catalog& catalog);

/// The inverse: what to_json() wrote gives the same products and, within rounding to six decimals,
/// the same vectors. Throws ConfigError, one line that begins with source_name, for anything else:
/// no JSON, another schema, keys that are missing or of the wrong type, vectors of the wrong size
/// or length.
Catalog parse_catalog(std::string_view json, const std::string& source_name);

/// The same from a file. Throws IoError when it cannot be read.
Catalog load_catalog(const std::filesystem::path& path);

}  // namespace gondola::shelf
