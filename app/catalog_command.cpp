#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "content.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/detect/product_embedder.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/shelf/catalog.hpp"
#include "model_options.hpp"
#include "product_namer.hpp"
#include "table.hpp"
#include "words.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct CatalogFlags {
  std::string action;
  std::string name;
  std::vector<std::string> crops;
  std::string catalog = "gondola-catalog.json";
  std::vector<std::string> boxes;
  ModelOptions model;
};

void add_options(CLI::App& command, CatalogFlags& flags) {
  command.add_option("ACTION", flags.action, "add, list or remove")
      ->check(plain(CLI::IsMember({"add", "list", "remove"})))
      ->required();
  command.add_option("NAME", flags.name, "The product's name, which becomes its label")
      ->type_name("TEXT");
  command
      .add_option("CROP", flags.crops,
                  "Pictures of the product alone, cut tightly: files, folders, quoted globs")
      ->type_name(kFile);
  command.add_option("--catalog", flags.catalog, "The catalogue; add makes it if it is missing")
      ->type_name(kFile)
      ->capture_default_str();
  command
      .add_option("--box", flags.boxes,
                  "CROP is a picture of a shelf: take this part of it, in pixels; may be repeated")
      ->allow_extra_args(false)
      ->type_name("X1,Y1,X2,Y2");
  add_model_options(command, flags.model, /*positional=*/false);
  command.footer(
      concat("What is added is written when all of it could be read. ", kCommonHelp,
             "\nExample: gondola catalog add \"Cola 1 l\" cola-1.jpg cola-2.jpg cola-3.jpg\n"
             "         gondola catalog add \"Green tea\" shelf.jpg --box 310,95,388,260 --box "
             "390,97,466,259\n"
             "         gondola catalog list\n"
             "         gondola count shelf.jpg --catalog gondola-catalog.json"));
}

/// A picture of a product, or a part of one.
struct Crop {
  cv::Mat image;
  Box box;
  std::string origin;
};

Box parse_box(const std::string& text) {
  const std::vector<std::string> sides = split(text, ',');
  std::vector<float> numbers;
  for (const std::string& side : sides) {
    if (const auto number = parse_number<float>(side)) numbers.push_back(*number);
  }
  if (sides.size() == 4 && numbers.size() == 4) {
    const Box box{numbers[0], numbers[1], numbers[2], numbers[3]};
    if (is_valid(box)) return box;
  }
  throw ConfigError(concat("--box ", text,
                           ": expected the left, top, right and bottom edge in pixels, such as "
                           "310,95,388,260"));
}

std::vector<Crop> read_crops(const CatalogFlags& flags) {
  const media::SourceList sources = media::resolve_sources(flags.crops);
  if (!flags.boxes.empty() && sources.items.size() != 1) {
    throw ConfigError(
        concat("--box is a part of one picture; ", sources.items.size(), " pictures are named"));
  }
  std::vector<Crop> crops;
  for (const media::SourceItem& item : sources.items) {
    if (item.kind != media::SourceKind::kImage) {
      throw ConfigError(concat(media::without_password(item.location), " is a ",
                               media::to_string(item.kind), "; a catalogue takes pictures"));
    }
    const cv::Mat image = media::read_image(item.location);
    const Box whole{0, 0, static_cast<float>(image.cols), static_cast<float>(image.rows)};
    if (flags.boxes.empty()) crops.push_back({image, whole, item.location});
    for (const std::string& text : flags.boxes)
      crops.push_back({image, parse_box(text), concat(item.location, " at ", text)});
  }
  return crops;
}

std::string content_of(const cv::Mat& image, const Box& box) {
  return concat(app::content_of(image), ' ', box.x1, ',', box.y1, ',', box.x2, ',', box.y2);
}

std::string products_in(const shelf::Catalog& catalog, const std::string& file) {
  return fmt::format(
      "{} in {}",
      counted(static_cast<std::int64_t>(catalog.products().size()), "product", "products"), file);
}

int add_product(const CatalogFlags& flags, Context& context) {
  if (flags.name.empty() || flags.crops.empty()) {
    throw ConfigError(
        "add takes a name and pictures: gondola catalog add NAME CROP... (see gondola catalog "
        "--help)");
  }
  const std::vector<Crop> crops = read_crops(flags);
  detect::ProductEmbedder embedder(load_model(flags.model, context));
  shelf::Catalog catalog = std::filesystem::exists(flags.catalog)
                               ? shelf::load_catalog(flags.catalog)
                               : shelf::Catalog(embedder.name(), embedder.dimensions());
  require_embedder(catalog, embedder.name(), flags.catalog);
  std::int64_t added = 0;
  std::int64_t known = 0;
  for (const Crop& crop : crops) {
    auto vector = embedder.embed(crop.image, crop.box);
    if (!vector) {
      throw ConfigError(concat(crop.origin, ": less than 4 pixels a side of a picture of ",
                               crop.image.cols, "x", crop.image.rows,
                               "; give a larger crop, or a --box inside the picture"));
    }
    const bool is_new = catalog.add(
        flags.name, {crop.origin, content_of(crop.image, crop.box), std::move(*vector)});
    ++(is_new ? added : known);
  }
  write_file(flags.catalog, shelf::to_json(catalog) + '\n');
  context.log->info("{}: {} added{}; {}", flags.name, counted(added, "picture", "pictures"),
                    known > 0 ? fmt::format(", {} there already", known) : "",
                    products_in(catalog, flags.catalog));
  return 0;
}

int list_products(const CatalogFlags& flags, Context& context) {
  if (!flags.name.empty()) {
    throw ConfigError(concat("list takes no '", flags.name,
                             "'; name the catalogue's file with "
                             "--catalog"));
  }
  const shelf::Catalog catalog = shelf::load_catalog(flags.catalog);
  Table table({{"product"}, {"pictures", Align::kRight}, {"from"}});
  for (const shelf::CatalogProduct& product : catalog.products()) {
    table.add({product.name, std::to_string(product.examples.size()),
               printable(product.examples.front().origin)});
  }
  std::cout << table.text() << '\n';
  context.log->info("{}; named within a distance of {:.3f}; made with {}",
                    products_in(catalog, flags.catalog), catalog.threshold(), catalog.embedder());
  return 0;
}

int remove_product(const CatalogFlags& flags, Context& context) {
  if (flags.name.empty() || !flags.crops.empty())
    throw ConfigError("remove takes one name: gondola catalog remove NAME");
  shelf::Catalog catalog = shelf::load_catalog(flags.catalog);
  if (!catalog.remove(flags.name)) {
    std::vector<std::string> names;
    for (const shelf::CatalogProduct& product : catalog.products()) names.push_back(product.name);
    const auto nearest = nearest_name(flags.name, names);
    throw ConfigError(concat(flags.catalog, " has no product '", printable(flags.name), "'",
                             nearest ? concat("; did you mean '", *nearest, "'?")
                                     : std::string("; gondola catalog list shows them")));
  }
  write_file(flags.catalog, shelf::to_json(catalog) + '\n');
  context.log->info("{} removed; {}", flags.name, products_in(catalog, flags.catalog));
  return 0;
}

int run_catalog(const CatalogFlags& flags, Context& context) {
  if (!flags.boxes.empty() && flags.action != "add")
    throw ConfigError(concat("--box is for add, not for ", flags.action));
  if (flags.action == "add") return add_product(flags, context);
  if (flags.action == "list") return list_products(flags, context);
  return remove_product(flags, context);
}

}  // namespace

Command add_catalog_command(CLI::App& app) {
  auto flags = std::make_shared<CatalogFlags>();
  CLI::App* parser =
      app.add_subcommand("catalog", "Keep pictures of products, by which count names them");
  add_options(*parser, *flags);
  return {parser, [flags](Context& context) { return run_catalog(*flags, context); }};
}

}  // namespace gondola::app
