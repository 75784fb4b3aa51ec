#include "gondola/shelf/catalog.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::shelf {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::StartsWith;

constexpr double kDegree = 3.14159265358979 / 180;

/// A vector in the plane: the cosine distance of two is 1 - cos of the angle between them.
std::vector<float> at_angle(double degrees, double length = 1) {
  return {static_cast<float>(length * std::cos(degrees * kDegree)),
          static_cast<float>(length * std::sin(degrees * kDegree))};
}

double distance_of(double degrees) { return 1 - std::cos(degrees * kDegree); }

CatalogExample example(double degrees, double length = 1) {
  return {"picture", std::to_string(degrees), at_angle(degrees, length)};
}

Catalog catalog_of(const std::vector<std::pair<std::string, std::vector<double>>>& products) {
  Catalog catalog("test-1", 2);
  for (const auto& [name, angles] : products)
    for (const double angle : angles) EXPECT_TRUE(catalog.add(name, example(angle)));
  return catalog;
}

template <typename Fault, typename Action>
std::string fault_of(const Action& action) {
  try {
    action();
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "nothing thrown";
}

TEST(Catalog, NamesByTheNearestExampleWhateverTheLengths) {
  Catalog catalog("test-1", 2);
  ASSERT_TRUE(catalog.add("tea", example(0, 5)));
  ASSERT_TRUE(catalog.add("cola", example(90, 0.01)));
  const auto match = catalog.match(at_angle(60, 7));
  ASSERT_TRUE(match);
  EXPECT_EQ(catalog.products()[match->product].name, "cola");
  EXPECT_NEAR(match->distance, distance_of(30), 1e-6);
}

TEST(Catalog, FindsWhatComparingWithAllFinds) {
  constexpr std::size_t kDimensions = 37;  // no multiple of a vector register
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  const auto vector = [&] {
    std::vector<float> values(kDimensions);
    for (float& value : values) value = normal(random);
    return values;
  };
  Catalog catalog("test-1", kDimensions);
  std::vector<std::pair<std::string, std::vector<float>>> all;
  for (int i = 0; i < 40; ++i) {
    all.emplace_back("product " + std::to_string(i % 9), vector());
    ASSERT_TRUE(catalog.add(all.back().first, {"", std::to_string(i), all.back().second}));
  }
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = vector();
    double best = std::numeric_limits<double>::max();
    std::string name;
    for (const auto& [product, known] : all) {
      double dot = 0, a = 0, b = 0;
      for (std::size_t k = 0; k < kDimensions; ++k) {
        dot += double{query[k]} * known[k];
        a += double{query[k]} * query[k];
        b += double{known[k]} * known[k];
      }
      const double apart = 1 - dot / std::sqrt(a * b);
      if (apart >= best) continue;
      best = apart;
      name = product;
    }
    const auto match = catalog.match(query);
    ASSERT_TRUE(match);
    EXPECT_EQ(catalog.products()[match->product].name, name);
    EXPECT_NEAR(match->distance, best, 1e-5);
    EXPECT_EQ(match->accepted, match->distance <= catalog.threshold());
  }
}

TEST(Catalog, KeepsProductsInTheOrderOfTheAlphabetAndForgetsThem) {
  Catalog catalog = catalog_of({{"tea", {0}}, {"cola", {90, 80}}, {"rice", {180}}});
  ASSERT_EQ(catalog.products().size(), 3U);
  EXPECT_EQ(catalog.products()[0].name, "cola");
  EXPECT_EQ(catalog.products()[0].examples.size(), 2U);
  EXPECT_EQ(catalog.products()[2].name, "tea");
  EXPECT_TRUE(catalog.remove("cola"));
  EXPECT_FALSE(catalog.remove("cola"));
  EXPECT_EQ(catalog.products().size(), 2U);
  EXPECT_EQ(catalog.products()[catalog.match(at_angle(89))->product].name, "tea");
}

TEST(Catalog, KeepsAPictureOnce) {
  Catalog catalog = catalog_of({{"tea", {0}}});
  EXPECT_FALSE(catalog.add("tea", example(0)));
  EXPECT_EQ(catalog.products()[0].examples.size(), 1U);
  EXPECT_THAT(fault_of<ConfigError>([&] { catalog.add("cola", example(0)); }),
              AllOf(HasSubstr("'tea' already"), HasSubstr("'cola'")));
}

TEST(Catalog, AnswersNothingWhenItIsEmpty) {
  EXPECT_FALSE(Catalog("test-1", 2).match(at_angle(0)));
}

TEST(Catalog, PutsTheThresholdBetweenWhatIsAndWhatIsNotTheProduct) {
  // Own neighbours are 4 and 6 degrees away, other products' 50 and more: everything between is as
  // good, and the middle of the distances is taken.
  const Catalog catalog = catalog_of({{"tea", {0, 4}}, {"cola", {54, 60}}});
  EXPECT_NEAR(catalog.threshold(), (distance_of(6) + distance_of(50)) / 2, 1e-6);
  EXPECT_TRUE(catalog.match(at_angle(-20))->accepted);
  EXPECT_FALSE(catalog.match(at_angle(-60))->accepted);
}

TEST(Catalog, WeighsWhatIsLostAgainstWhatIsTakenWrongly) {
  // Of six examples, five have their own neighbour within 2 degrees and one at 30; other products
  // begin at 20 degrees for two of them. At 2 degrees 5 of 6 are right and none is taken wrongly;
  // at 30 all are found, but two would be named if their product were not there.
  const Catalog catalog = catalog_of(
      {{"tea", {0, 1, 3}}, {"cola", {23, 25}}, {"rice", {120, 122}}, {"oats", {160, 200}}});
  EXPECT_GT(catalog.threshold(), distance_of(2));
  EXPECT_LT(catalog.threshold(), distance_of(20));
}

TEST(Catalog, CalibratesLikeTryingEveryThreshold) {
  std::mt19937 random(8);
  std::normal_distribution<double> spread(0, 9);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::pair<int, double>> all;
    Catalog catalog("test-1", 2);
    for (int product = 0; product < 5; ++product) {
      for (int i = 0; i < 4; ++i) {
        all.emplace_back(product, product * 40 + spread(random));
        catalog.add(std::to_string(product), example(all.back().second));
      }
    }
    // The rule's own words: found again, and refused when its product is out.
    const auto right_at = [&](double threshold) {
      int found = 0;
      int refused = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        double own = 9;
        double other = 9;
        for (std::size_t k = 0; k < all.size(); ++k) {
          if (k == i) continue;
          double& nearest = all[k].first == all[i].first ? own : other;
          nearest = std::min(nearest, distance_of(all[k].second - all[i].second));
        }
        found += own < other && own <= threshold ? 1 : 0;
        refused += other > threshold ? 1 : 0;
      }
      return found + refused;
    };
    int best = 0;
    for (int step = 0; step <= 4000; ++step) best = std::max(best, right_at(step / 2000.0));
    EXPECT_GE(right_at(catalog.threshold()), best) << "round " << round;
  }
}

TEST(Catalog, HasAThresholdWithFewExamples) {
  EXPECT_EQ(Catalog("test-1", 2).threshold(), Catalog::kUncalibrated);
  EXPECT_EQ(catalog_of({{"tea", {0}}}).threshold(), Catalog::kUncalibrated);
  // One product: twice its own largest nearest distance, 10 degrees.
  EXPECT_NEAR(catalog_of({{"tea", {0, 3, 13}}}).threshold(), 2 * distance_of(10), 1e-6);
  // One example each: half the median of 30, 30 and 60 degrees.
  EXPECT_NEAR(catalog_of({{"tea", {0}}, {"cola", {30}}, {"rice", {90}}}).threshold(),
              distance_of(30) / 2, 1e-6);
}

TEST(Catalog, TellsNothingApartThatLooksTheSame) {
  // Equal vectors of two products: nothing can be right, and nothing is accepted but by chance.
  Catalog catalog("test-1", 2);
  for (const char* name : {"tea", "cola"})
    for (int i = 0; i < 2; ++i)
      ASSERT_TRUE(catalog.add(name, {"", name + std::to_string(i), at_angle(10)}));
  EXPECT_TRUE(std::isfinite(catalog.threshold()));
  EXPECT_GE(catalog.threshold(), 0);
}

TEST(Catalog, RefusesNamesThatNoLabelCanHave) {
  Catalog catalog("test-1", 2);
  const auto refusal = [&](const std::string& name) {
    return fault_of<ConfigError>([&] { catalog.add(name, example(1)); });
  };
  EXPECT_THAT(refusal(""), HasSubstr("expected a name"));
  EXPECT_THAT(refusal("  "), HasSubstr("expected a name"));
  EXPECT_THAT(refusal("a\nb"), HasSubstr("control characters"));
  EXPECT_THAT(refusal("gap"), HasSubstr("empty places"));
  EXPECT_THAT(refusal(std::string(101, 'x')), HasSubstr("at most 100"));
}

TEST(Catalog, RefusesVectorsThatAreNone) {
  Catalog catalog = catalog_of({{"tea", {0}}});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(catalog.match({1, 2, 3}), ContractViolation);
  EXPECT_THROW(catalog.match({0, 0}), ContractViolation);
  EXPECT_THROW(catalog.match({nan, 1}), ContractViolation);
  EXPECT_THROW(catalog.add("tea", {"", "new", {1, nan}}), ContractViolation);
  EXPECT_THROW(Catalog("test-1", 0), ContractViolation);
}

TEST(CatalogFile, ComesBackAsItWas) {
  const Catalog catalog = catalog_of({{"Grüner Tee \"1 l\"", {0, 7, 11}}, {"cola", {90, 95.5}}});
  const Catalog back = parse_catalog(to_json(catalog), "c.json");
  EXPECT_EQ(back.embedder(), "test-1");
  EXPECT_EQ(back.dimensions(), 2U);
  EXPECT_THAT(back.threshold(), DoubleNear(catalog.threshold(), 1e-5));
  ASSERT_EQ(back.products().size(), 2U);
  for (std::size_t p = 0; p < 2; ++p) {
    EXPECT_EQ(back.products()[p].name, catalog.products()[p].name);
    ASSERT_EQ(back.products()[p].examples.size(), catalog.products()[p].examples.size());
    for (std::size_t e = 0; e < back.products()[p].examples.size(); ++e) {
      const CatalogExample& now = back.products()[p].examples[e];
      const CatalogExample& then = catalog.products()[p].examples[e];
      EXPECT_EQ(now.origin, then.origin);
      EXPECT_EQ(now.content, then.content);
      EXPECT_THAT(now.embedding, testing::Pointwise(testing::FloatNear(1e-6F), then.embedding));
    }
  }
  // Written again, it is the same file.
  EXPECT_EQ(to_json(parse_catalog(to_json(back), "c.json")), to_json(back));
}

TEST(CatalogFile, SaysWhatIsWrongInOneLine) {
  const json good = json::parse(to_json(catalog_of({{"tea", {0, 4}}, {"cola", {90}}})));
  const auto refusal = [&](const std::string& pointer, const json& value) {
    json broken = good;
    broken[json::json_pointer(pointer)] = value;
    return fault_of<ConfigError>([&] { parse_catalog(broken.dump(), "c.json"); });
  };
  EXPECT_THAT(refusal("/schema", "gondola.audit/1"),
              AllOf(StartsWith("c.json: schema: "), HasSubstr("gondola.catalog/1")));
  EXPECT_EQ(refusal("/schema", 3), "c.json: schema: expected a text");
  EXPECT_EQ(refusal("/embedder", nullptr), "c.json: embedder: expected a text");
  for (const json& size : {json(0), json(-2), json(2.5), json("2"), json(1e9)})
    EXPECT_THAT(refusal("/dimensions", size), HasSubstr("dimensions: expected a whole number"));
  EXPECT_THAT(refusal("/dimensions", 3),
              HasSubstr("products[0].examples[0].embedding: 2 numbers; expected 3"));
  EXPECT_EQ(refusal("/products", json::object()), "c.json: products: expected a list");
  EXPECT_EQ(refusal("/products/1", 7), "c.json: products[1]: expected an object");
  EXPECT_EQ(refusal("/products/1/name", 7), "c.json: products[1].name: expected a text");
  EXPECT_THAT(refusal("/products/1/name", "gap"), HasSubstr("empty places"));
  EXPECT_THAT(refusal("/products/1/examples", json::array()), HasSubstr("expected at least one"));
  EXPECT_EQ(refusal("/products/1/examples/0", "x"),
            "c.json: products[1].examples[0]: expected an object");
  EXPECT_THAT(refusal("/products/1/examples/0/embedding/1", "x"), HasSubstr("expected numbers"));
  EXPECT_THAT(refusal("/products/1/examples/0/embedding/1", nullptr),
              HasSubstr("expected numbers"));
  EXPECT_THAT(refusal("/products/1/examples/0/embedding", json({1, 1})), HasSubstr("length 1.41"));
  EXPECT_THAT(refusal("/products/1/examples/0/embedding", json({1e300, 1e300})),
              HasSubstr("expected 1"));
  EXPECT_THAT(
      refusal("/products/1/examples/1/content", good["products"][1]["examples"][0]["content"]),
      HasSubstr("twice"));
  json missing = good;
  missing["products"][0].erase("name");
  EXPECT_EQ(fault_of<ConfigError>([&] { parse_catalog(missing.dump(), "c.json"); }),
            "c.json: products[0].name: is missing");
  EXPECT_EQ(fault_of<ConfigError>([&] { parse_catalog("{\n\"schema\":\n!", "c.json"); }),
            "c.json: no JSON from line 3 on; expected a catalogue, as gondola catalog writes it");
}

TEST(CatalogFile, BrokenInAnyWayIsReadOrRefusedButNothingElse) {
  const std::string good = to_json(catalog_of({{"tea", {0, 4}}, {"cola", {90}}}));
  EXPECT_THAT(fault_of<ConfigError>([&] { parse_catalog("[1e999]", "c.json"); }),
              testing::HasSubstr("too large"));
  // What is cut off is never a catalogue.
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string fault =
        fault_of<ConfigError>([&] { parse_catalog(good.substr(0, size), "c.json"); });
    EXPECT_THAT(fault, StartsWith("c.json: ")) << size;
    EXPECT_EQ(fault.find('\n'), std::string::npos) << fault;
  }
  std::mt19937 random(5);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string broken = good;
    for (int i = 0; i < 1 + round % 3; ++i)
      broken[random() % broken.size()] = static_cast<char>(random() % 256);
    try {
      parse_catalog(broken, "c.json");
    } catch (const ConfigError& error) {
      ++refused;
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(refused, 2500);
}

TEST(CatalogFile, SaysWhichFileCannotBeRead) {
  const gondola::test::TempDir dir;
  EXPECT_THAT(fault_of<IoError>([&] { load_catalog(dir / "none.json"); }),
              AllOf(HasSubstr("none.json"), HasSubstr("no such file")));
  EXPECT_THAT(fault_of<IoError>([&] { load_catalog(dir.path()); }), HasSubstr("folder"));
}

}  // namespace
}  // namespace gondola::shelf
