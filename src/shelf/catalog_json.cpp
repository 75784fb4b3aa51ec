#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/shelf/catalog.hpp"

namespace gondola::shelf {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "gondola.catalog/1";
constexpr std::size_t kMostDimensions = 65536;
// Six decimals of numbers up to 1 leave a vector's length within this of 1.
constexpr double kLengthTolerance = 1e-2;

double rounded(float value) { return std::round(static_cast<double>(value) * 1e6) / 1e6; }

class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  Catalog read(std::string_view text) const {
    const Json file = parse(text);
    if (!file.is_object()) fail("", "expected an object");
    const std::string schema = string_at(file, "schema", "");
    if (schema != kSchema) {
      fail("schema", concat("'", printable(schema), "'; expected '", kSchema,
                            "', as gondola catalog writes it"));
    }
    const Json& size = at(file, "dimensions", "");
    if (!size.is_number_unsigned() || size.get<std::uint64_t>() == 0 ||
        size.get<std::uint64_t>() > kMostDimensions) {
      fail("dimensions", concat("expected a whole number from 1 to ", kMostDimensions));
    }
    const auto dimensions = size.get<std::size_t>();
    const std::string embedder = string_at(file, "embedder", "");
    const Json& list = list_at(file, "products", "");
    std::vector<CatalogProduct> products;
    for (std::size_t p = 0; p < list.size(); ++p) {
      const std::string where = concat("products[", p, "]");
      if (!list[p].is_object()) fail(where, "expected an object");
      CatalogProduct product;
      product.name = string_at(list[p], "name", where);
      const Json& examples = list_at(list[p], "examples", where);
      if (examples.empty()) fail(where + ".examples", "expected at least one");
      for (std::size_t e = 0; e < examples.size(); ++e) {
        product.examples.push_back(
            example(examples[e], dimensions, concat(where, ".examples[", e, "]")));
      }
      products.push_back(std::move(product));
    }
    try {
      return Catalog(embedder, dimensions, std::move(products));
    } catch (const ConfigError& error) {
      fail("", error.what());
    }
  }

 private:
  [[noreturn]] void fail(const std::string& where, const std::string& what) const {
    throw ConfigError(concat(source_, ": ", where, where.empty() ? "" : ": ", what));
  }

  Json parse(std::string_view text) const {
    try {
      return Json::parse(text.begin(), text.end());
    } catch (const Json::parse_error& error) {
      const auto until =
          text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
      fail("", concat("no JSON from line ", 1 + std::count(text.begin(), until, '\n'),
                      " on; expected a catalogue, as gondola catalog writes it"));
    } catch (const Json::out_of_range&) {
      fail("",
           "has a number that is too large; expected a catalogue, as gondola catalog writes it");
    }
  }

  static std::string path_of(const std::string& where, const char* key) {
    return where.empty() ? key : where + '.' + key;
  }

  const Json& at(const Json& object, const char* key, const std::string& where) const {
    const auto found = object.find(key);
    if (found == object.end()) fail(path_of(where, key), "is missing");
    return *found;
  }

  std::string string_at(const Json& object, const char* key, const std::string& where) const {
    const Json& value = at(object, key, where);
    if (!value.is_string()) fail(path_of(where, key), "expected a text");
    return value.get<std::string>();
  }

  const Json& list_at(const Json& object, const char* key, const std::string& where) const {
    const Json& value = at(object, key, where);
    if (!value.is_array()) fail(path_of(where, key), "expected a list");
    return value;
  }

  CatalogExample example(const Json& json, std::size_t dimensions, const std::string& where) const {
    if (!json.is_object()) fail(where, "expected an object");
    CatalogExample read;
    read.origin = string_at(json, "origin", where);
    read.content = string_at(json, "content", where);
    const Json& numbers = list_at(json, "embedding", where);
    if (numbers.size() != dimensions) {
      fail(where + ".embedding",
           concat(numbers.size(), " numbers; expected ", dimensions, " (dimensions)"));
    }
    double squares = 0;
    for (const Json& number : numbers) {
      if (!number.is_number()) fail(where + ".embedding", "expected numbers");
      const auto value = number.get<double>();
      squares += value * value;
    }
    if (!(std::abs(std::sqrt(squares) - 1) < kLengthTolerance)) {
      fail(where + ".embedding", concat("length ", std::sqrt(squares), "; expected 1"));
    }
    // Not before: what is far from 1 may not fit a float.
    for (const Json& number : numbers) read.embedding.push_back(number.get<float>());
    return read;
  }

  const std::string& source_;
};

}  // namespace

std::string to_json(const Catalog& catalog) {
  Json products = Json::array();
  for (const CatalogProduct& product : catalog.products()) {
    Json examples = Json::array();
    for (const CatalogExample& example : product.examples) {
      Json numbers = Json::array();
      for (const float value : example.embedding) numbers.push_back(rounded(value));
      examples.push_back({{"origin", example.origin},
                          {"content", example.content},
                          {"embedding", std::move(numbers)}});
    }
    products.push_back({{"name", product.name}, {"examples", std::move(examples)}});
  }
  const Json file = {{"schema", kSchema},
                     {"embedder", catalog.embedder()},
                     {"dimensions", catalog.dimensions()},
                     {"products", std::move(products)}};
  return file.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

Catalog parse_catalog(std::string_view json, const std::string& source_name) {
  return Reader(source_name).read(json);
}

Catalog load_catalog(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    throw IoError(concat("cannot read the catalogue '", path.string(), "': ",
                         std::filesystem::is_directory(path) ? "it is a folder"
                         : std::filesystem::exists(path)     ? "permission denied"
                                                             : "no such file"));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_catalog(text, path.string());
}

}  // namespace gondola::shelf
