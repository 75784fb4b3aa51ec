#include "planogram_file.hpp"

#include <vector>

#include "gondola/config/yaml.hpp"

namespace gondola::app {
namespace {

using config::Node;
using shelf::PlanogramDraft;

/// The value under a key or its synonym; exactly one of them must be there.
Node at_either(const Node& node, const std::string& key, const std::string& synonym) {
  if (!node.has(synonym)) return node.at(key);
  if (node.has(key)) node.at(synonym).fail("only one of " + key + " and " + synonym);
  return node.at(synonym);
}

PlanogramDraft::Product read_product(const Node& node) {
  node.refuse_unknown_keys({"id", "name", "w", "h"});
  PlanogramDraft::Product entry;
  entry.where = node.where();
  entry.product.id = node.at("id").as_string();
  if (const auto name = node.find("name")) entry.product.name = name->as_string();
  entry.product.width = node.at("w").as_double();
  entry.product.height = node.at("h").as_double();
  return entry;
}

PlanogramDraft::Board read_fixture(const Node& node) {
  node.refuse_unknown_keys({"id", "x", "y", "w", "h"});
  PlanogramDraft::Board entry;
  entry.where = node.where();
  entry.fixture = {node.at("id").as_string(), node.at("x").as_double(), node.at("y").as_double(),
                   node.at("w").as_double(), node.at("h").as_double()};
  return entry;
}

PlanogramDraft::Position read_position(const Node& node) {
  node.refuse_unknown_keys(
      {"id", "product", "productId", "fixture", "fixtureId", "x", "y", "facings"});
  PlanogramDraft::Position entry;
  entry.where = node.where();
  entry.id = node.at("id").as_string();
  entry.product = at_either(node, "product", "productId").as_string();
  entry.fixture = at_either(node, "fixture", "fixtureId").as_string();
  entry.x = node.at("x").as_double();
  entry.y = node.at("y").as_double();
  if (const auto facings = node.find("facings")) entry.facings = facings->as_int();
  return entry;
}

shelf::Planogram read(const Node& node) {
  node.refuse_unknown_keys({"width", "height", "products", "fixtures", "positions"});
  PlanogramDraft draft;
  draft.where = node.where();
  draft.width = node.at("width").as_double();
  draft.height = node.at("height").as_double();
  for (const Node& item : node.at("products").items()) {
    draft.products.push_back(read_product(item));
  }
  for (const Node& item : node.at("fixtures").items()) {
    draft.fixtures.push_back(read_fixture(item));
  }
  for (const Node& item : node.at("positions").items()) {
    draft.positions.push_back(read_position(item));
  }
  return shelf::make_planogram(draft);
}

}  // namespace

shelf::Planogram load_planogram(const std::filesystem::path& path) {
  return read(config::load_yaml_file(path));
}

shelf::Planogram parse_planogram(std::string_view text, const std::string& source_name) {
  return read(config::parse_yaml(text, source_name));
}

}  // namespace gondola::app
