#include "gondola/count/stock_watch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

constexpr Size kPicture{960, 540};
constexpr double kFrame = 0.1;  // seconds

/// A place of a shelf of 12 columns and 4 rows of products of 60 x 100 pixels.
Box place_at(int column, int row) {
  const auto x = static_cast<float>(60 + 70 * column);
  const auto y = static_cast<float>(30 + 125 * row);
  return {x, y, x + 60, y + 100};
}

/// The same product farther from the camera: all distances from the picture's centre shrink.
Box farther(const Box& box, float scale) {
  const auto x = [scale](float value) { return 480 + scale * (value - 480); };
  const auto y = [scale](float value) { return 270 + scale * (value - 270); };
  return {x(box.x1), y(box.y1), x(box.x2), y(box.y2)};
}

ClassNames names() { return ClassNames({"beans", "soup"}); }

std::string text_of(const std::vector<StockEvent>& events) {
  std::string text;
  for (const StockEvent& event : events) {
    text += std::string(name_of(event.kind)) + " " + std::to_string(event.count_before) + ">" +
            std::to_string(event.count_after) + ";";
  }
  return text;
}

/// When a place begins to look different.
struct LookChange {
  Box place;
  double time_s = 0;
  int look = 0;  ///< from then on; 0 at the start
};

/// Shows a watch the same picture for some time.
class Show {
 public:
  /// Without pixels.
  explicit Show(StockWatch& watch) : watch_(watch) {}
  /// With pixels, which change as given, by time.
  Show(StockWatch& watch, std::vector<LookChange> changes)
      : watch_(watch), changes_(std::move(changes)), has_looks_(true) {}

  std::vector<StockEvent> operator()(const std::vector<Detection>& products, double seconds,
                                     const std::vector<Box>& occluders = {}) {
    std::vector<StockEvent> events;
    const auto frames = static_cast<int>(std::lround(seconds / kFrame));
    StockWatch::LooksTheSame looks_the_same;
    if (has_looks_) {
      looks_the_same = [this](const Box& place, double then_s) {
        return look_at(place, then_s) == look_at(place, time_s());
      };
    }
    for (int i = 0; i < frames; ++i) {
      for (const StockEvent& event : watch_.update(products, occluders, time_s(), looks_the_same)) {
        events.push_back(event);
      }
      ++frame_;
    }
    return events;
  }

  double time_s() const { return frame_ * kFrame; }

 private:
  int look_at(const Box& place, double time_s) const {
    int look = 0;
    for (const LookChange& change : changes_) {
      if (change.time_s <= time_s + 1e-9 && iou(change.place, place) > 0.5F) look = change.look;
    }
    return look;
  }

  StockWatch& watch_;
  std::vector<LookChange> changes_;
  bool has_looks_ = false;
  int frame_ = 0;
};

Detection product_at(int column, int row, int class_id = 0) {
  return {place_at(column, row), 0.9F, class_id};
}

TEST(StockWatch, WhatIsThereToBeginWithIsNoEvent) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  EXPECT_EQ(text_of(show({product_at(0, 0), product_at(3, 0), product_at(0, 1, 1)}, 10)), "");
  EXPECT_EQ(watch.counts_by_class().at(0), 2U);
  EXPECT_EQ(watch.counts_by_class().at(1), 1U);
  EXPECT_EQ(watch.facings().size(), 3U);
}

TEST(StockWatch, ReportsTakenAndRestockedWithTheirTimes) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  const std::vector<Detection> full = {product_at(0, 0), product_at(5, 0)};
  show(full, 10);  // frames at 0 to 9.9 s
  const std::vector<StockEvent> taken = show({full[0]}, 10);
  EXPECT_EQ(text_of(taken), "taken 2>1;");
  EXPECT_NEAR(taken[0].before_s, 9.9, 1e-9);
  EXPECT_NEAR(taken[0].time_s, 10, 1e-9);
  // At most 0.2 * 0.99 of the 31 frames of the window may show it: 25 later it is gone.
  EXPECT_GT(taken[0].reported_s, 12);
  EXPECT_LE(taken[0].reported_s, 13);
  EXPECT_GT(iou(taken[0].box, full[1].box), 0.99F);
  EXPECT_EQ(watch.counts_by_class().at(0), 1U);

  const std::vector<StockEvent> restocked = show(full, 10);
  EXPECT_EQ(text_of(restocked), "restocked 1>2;");
  EXPECT_NEAR(restocked[0].before_s, 19.9, 1e-9);
  EXPECT_NEAR(restocked[0].time_s, 20, 1e-9);
  EXPECT_LE(restocked[0].reported_s, 23);
}

TEST(StockWatch, ShortLossIsNoEvent) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  const std::vector<Detection> full = {product_at(0, 0), product_at(5, 0)};
  show(full, 10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(text_of(show({full[0]}, 2)), "");
    EXPECT_EQ(text_of(show(full, 3)), "");
  }
}

TEST(StockWatch, WhatTheDetectorWaversAboutNeitherComesNorGoes) {
  StockWatchOptions options;
  options.sure_score = 0.5F;
  StockWatch watch(options, names(), kPicture);
  Show show(watch);
  Detection wavering = product_at(3, 1);
  Detection steady = product_at(5, 2);
  Detection phantom = product_at(8, 0);
  phantom.score = 0.45F;
  wavering.score = 0.55F;
  show({steady, wavering, phantom}, 10);
  EXPECT_EQ(watch.counts_by_class().at(0), 2U) << "what was never sure is not there";
  wavering.score = 0.45F;
  EXPECT_EQ(text_of(show({steady, wavering, phantom}, 10)), "");
  EXPECT_EQ(text_of(show({steady, phantom}, 10)), "taken 2>1;");
  // Gone for good, it must be sure again to be back.
  EXPECT_EQ(text_of(show({steady, wavering, phantom}, 10)), "");
  wavering.score = 0.55F;
  EXPECT_EQ(text_of(show({steady, wavering, phantom}, 10)), "restocked 1>2;");
}

TEST(StockWatch, WhereNothingEverWasTakesAHigherScore) {
  StockWatchOptions options;
  options.sure_score = 0.5F;
  options.new_score = 0.7F;
  StockWatch watch(options, names(), kPicture);
  Show show(watch);
  Detection weak = product_at(3, 1);
  weak.score = 0.6F;
  Detection phantom = product_at(8, 0);
  phantom.score = 0.6F;
  show({weak}, 10);
  EXPECT_EQ(watch.counts_by_class().at(0), 1U) << "to begin with, being sure is enough";
  EXPECT_EQ(text_of(show({weak, phantom}, 20)), "");
  phantom.score = 0.8F;
  EXPECT_EQ(text_of(show({weak, phantom}, 10)), "restocked 1>2;");
  phantom.score = 0.6F;
  EXPECT_EQ(text_of(show({weak, phantom}, 10)), "");
  // A place that is known takes no more than before.
  EXPECT_EQ(text_of(show({phantom}, 10)), "taken 2>1;");
  EXPECT_EQ(text_of(show({weak, phantom}, 10)), "restocked 1>2;");
}

TEST(StockWatch, WhereTheLookStaysTheSameNothingGoes) {
  StockWatch watch({}, names(), kPicture);
  const Detection steady = product_at(1, 1);
  const Detection lost = product_at(5, 0);
  Show show(watch, {{lost.box, 40, 1}});
  EXPECT_EQ(text_of(show({steady, lost}, 10)), "");
  EXPECT_EQ(text_of(show({steady}, 10)), "");
  EXPECT_EQ(text_of(show({steady, lost}, 5)), "");
  EXPECT_EQ(text_of(show({steady}, 15)), "");
  EXPECT_EQ(watch.counts_by_class().at(0), 2U) << "lost from sight";
  // Taken while it is not found: known by its look alone.
  const std::vector<StockEvent> taken = show({steady}, 10);
  ASSERT_EQ(text_of(taken), "taken 2>1;");
  EXPECT_LE(taken[0].before_s, 40);
  EXPECT_GT(taken[0].before_s, 35);
  EXPECT_LT(taken[0].reported_s, 45);
}

TEST(StockWatch, WhereTheLookStaysTheSameNothingComes) {
  StockWatch watch({}, names(), kPicture);
  const Detection steady = product_at(1, 1);
  const Detection doubtful = product_at(8, 2);
  Show show(watch, {});
  EXPECT_EQ(text_of(show({steady}, 10)), "");
  EXPECT_EQ(text_of(show({steady, doubtful}, 10)), "");
  EXPECT_EQ(watch.counts_by_class().at(0), 2U);
  EXPECT_EQ(text_of(show({steady}, 10)), "");
  EXPECT_EQ(watch.counts_by_class().at(0), 1U) << "it counts while it is found";
}

TEST(StockWatch, WhatIsTakenBeforeItWasSureToBeThereIsTaken) {
  StockWatch watch({}, names(), kPicture);
  const Detection steady = product_at(1, 1);
  const Detection taken = product_at(5, 0);
  Show show(watch, {{taken.box, 1.7, 1}});
  EXPECT_EQ(text_of(show({steady, taken}, 1.7)), "");
  EXPECT_EQ(text_of(show({steady}, 8.3)), "taken 2>1;");
}

TEST(StockWatch, WhatIsFoundLateOrPutBackSoonIsRestocked) {
  StockWatch watch({}, names(), kPicture);
  const Detection steady = product_at(1, 1);
  const Detection late = product_at(3, 2);
  const Detection back = product_at(6, 2);
  Show show(watch, {{late.box, 20, 1}, {back.box, 40, 1}, {back.box, 44, 0}});
  EXPECT_EQ(text_of(show({steady, back}, 22)), "");
  EXPECT_EQ(text_of(show({steady, back, late}, 18)), "restocked 2>3;");
  // Once its taking was reported, what was there before that is no matter.
  EXPECT_EQ(text_of(show({steady, late}, 4.5)), "taken 3>2;");
  EXPECT_EQ(text_of(show({steady, late, back}, 15.5)), "restocked 2>3;");
}

TEST(StockWatch, FewFramesASecondAreEnough) {
  StockWatch watch({}, names(), kPicture);
  const std::vector<Detection> full = {product_at(0, 0), product_at(5, 0)};
  std::string text;
  for (int i = 0; i < 60; ++i) {
    // One frame in 30 seconds; one product is gone from frame 20 on.
    text += text_of(watch.update(i < 20 ? full : std::vector<Detection>{full[0]}, {}, 30.0 * i));
  }
  EXPECT_EQ(text, "taken 2>1;");
}

TEST(StockWatch, OccludedProductsStay) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  const std::vector<Detection> full = {product_at(0, 0), product_at(5, 0)};
  show(full, 10);
  // A hand's breadth over the second one is enough, for any time.
  const std::vector<Box> person = {{400, 0, 450, 540}};
  EXPECT_EQ(text_of(show({full[0]}, 300, person)), "");
  EXPECT_TRUE(watch.facings()[1].is_hidden);
  EXPECT_EQ(watch.counts_by_class().at(0), 2U);
  // It was taken meanwhile: known when the person is gone.
  EXPECT_EQ(text_of(show({full[0]}, 10)), "taken 2>1;");
  EXPECT_FALSE(watch.facings()[1].is_hidden);
}

TEST(StockWatch, NeighboursThatVanishTogetherAreHidden) {
  StockWatchOptions options;
  options.crowd_hold_s = 30;
  StockWatch watch(options, names(), kPicture);
  Show show(watch);
  std::vector<Detection> full;
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 12; ++column) full.push_back(product_at(column, row));
  }
  show(full, 10);
  // Somebody nobody detected stands before columns 4 and 5 for 20 s and takes one product.
  const auto without = [&](int column, int row) {
    std::vector<Detection> rest;
    for (const Detection& product : full) {
      const bool is_hidden =
          product.box.x1 >= place_at(4, 0).x1 && product.box.x1 <= place_at(5, 0).x1;
      if (column < 0 ? !is_hidden : product.box != place_at(column, row)) rest.push_back(product);
    }
    return rest;
  };
  EXPECT_EQ(text_of(show(without(-1, -1), 20)), "");
  EXPECT_EQ(watch.counts_by_class().at(0), 48U);
  EXPECT_EQ(text_of(show(without(4, 2), 10)), "taken 48>47;");
  EXPECT_EQ(text_of(show(full, 10)), "restocked 47>48;");
  // What stays away longer than the hold is gone.
  EXPECT_EQ(text_of(show(without(-1, -1), 29)), "");
  EXPECT_EQ(show(without(-1, -1), 10).size(), 8U);
  EXPECT_EQ(watch.counts_by_class().at(0), 40U);
}

TEST(StockWatch, WhoStandsThereAtTheStartHidesNoNewStock) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  std::vector<Detection> full;
  for (int column = 0; column < 6; ++column) full.push_back(product_at(column, 0));
  show({full[0], full[1]}, 20);
  EXPECT_EQ(text_of(show(full, 10)), "") << "four neighbours at once";
  EXPECT_EQ(watch.counts_by_class().at(0), 6U);
  full.push_back(product_at(10, 2));
  EXPECT_EQ(text_of(show(full, 10)), "restocked 6>7;");
}

TEST(StockWatch, StepInDepthIsAProductFromBeforeAnother) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  const Detection front = product_at(2, 0);
  const Detection behind = {farther(front.box, 0.97F), 0.9F, 0};
  show({front}, 10);
  const std::vector<StockEvent> taken = show({behind}, 10);
  EXPECT_EQ(text_of(taken), "taken 1>1;");
  EXPECT_NEAR(taken[0].time_s, 10, 0.5);
  EXPECT_LE(taken[0].reported_s, 13);
  EXPECT_EQ(text_of(show({front}, 10)), "restocked 1>1;");
  // More of it is seen on one side: no change of depth.
  Detection wider = front;
  wider.box.x2 += 6;
  EXPECT_EQ(text_of(show({wider}, 10)), "");

  StockWatchOptions options;
  options.watch_depth = false;
  StockWatch indifferent(options, names(), kPicture);
  Show show_it(indifferent);
  show_it({front}, 10);
  EXPECT_EQ(text_of(show_it({behind}, 10)), "");
}

TEST(StockWatch, BoxThatStepsBeforeAnUnchangedPictureIsNoChangeOfDepth) {
  const Detection front = product_at(2, 0);
  const Detection behind = {farther(front.box, 0.97F), 0.9F, 0};
  for (const bool looks_the_same : {true, false}) {
    StockWatch watch({}, names(), kPicture);
    Show show(watch, {{front.box, 10, looks_the_same ? 0 : 1}});
    EXPECT_EQ(text_of(show({front}, 10)), "");
    EXPECT_EQ(text_of(show({behind}, 10)), looks_the_same ? "" : "taken 1>1;");
    EXPECT_GT(iou(watch.facings()[0].box, behind.box), 0.98F) << "its box is followed";
  }
}

TEST(StockWatch, BoxesCutOffByThePictureTellDepthByTheirOtherEdges) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  // At the left border the product behind looks wider, because more of it is in the picture.
  show({{Box{0, 100, 20, 200}, 0.9F, 0}}, 10);
  EXPECT_EQ(text_of(show({{Box{0, 105, 34, 202}, 0.9F, 0}}, 10)), "taken 1>1;");
}

TEST(StockWatch, WhatOnlyComesIntoViewIsNotRestocked) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  const Detection front{{400, 200, 460, 300}, 0.9F, 0};
  const Detection behind{{430, 205, 490, 290}, 0.9F, 0};  // IoU 0.28: a place of its own
  ASSERT_LT(iou(front.box, behind.box), StockWatchOptions().match_iou);
  show({front, product_at(0, 0)}, 10);
  EXPECT_EQ(text_of(show({behind, product_at(0, 0)}, 10)), "taken 3>2;");
  EXPECT_EQ(watch.counts_by_class().at(0), 2U);
  EXPECT_EQ(text_of(show({front, product_at(0, 0)}, 10)), "restocked 2>3;");
  EXPECT_EQ(watch.counts_by_class().at(0), 2U);
}

TEST(StockWatch, AnotherProductInAPlaceIsOneTakenAndOneRestocked) {
  StockWatch watch({}, names(), kPicture);
  Show show(watch);
  show({product_at(0, 0, 0), product_at(5, 0, 0)}, 10);
  const std::vector<StockEvent> events = show({product_at(0, 0, 0), product_at(5, 0, 1)}, 10);
  EXPECT_EQ(text_of(events), "taken 2>1;restocked 0>1;");
  EXPECT_EQ(events[0].class_id, 0);
  EXPECT_EQ(events[1].class_id, 1);
  EXPECT_NEAR(events[0].before_s, 9.9, 1e-9);
  EXPECT_NEAR(events[0].time_s, 10, 1e-9);
}

TEST(StockWatch, TellsWhenAnAreaIsLowAndEmpty) {
  StockWatchOptions options;
  options.areas = {{"left half", {{0, 0}, {0.5, 0}, {0.5, 1}, {0, 1}}, {}, 2},
                   {"soup", {}, {"soup"}, 0}};
  StockWatch watch(options, names(), kPicture);
  Show show(watch);
  std::vector<Detection> stock = {product_at(0, 0), product_at(2, 0), product_at(4, 0),
                                  product_at(8, 0, 1), product_at(10, 0)};
  show(stock, 10);
  EXPECT_EQ(watch.counts_by_area(), (std::vector<std::size_t>{3, 1}));
  stock.erase(stock.begin());
  const std::vector<StockEvent> low = show(stock, 10);
  EXPECT_EQ(text_of(low), "taken 4>3;low 3>2;");
  EXPECT_EQ(low[1].area, "left half");
  stock.erase(stock.begin());
  EXPECT_EQ(text_of(show(stock, 10)), "taken 3>2;") << "it is still low";
  stock.erase(stock.begin());
  EXPECT_EQ(text_of(show(stock, 10)), "taken 2>1;empty 1>0;");
  stock.erase(stock.begin());
  const std::vector<StockEvent> no_soup = show(stock, 10);
  EXPECT_EQ(text_of(no_soup), "taken 1>0;empty 1>0;");
  EXPECT_EQ(no_soup[1].area, "soup");
  // The last one is in no area: then its class is empty.
  const std::vector<StockEvent> nothing = show({}, 10);
  EXPECT_EQ(text_of(nothing), "taken 1>0;empty 1>0;");
  EXPECT_EQ(nothing[1].area, "");
  EXPECT_EQ(nothing[1].class_id, 0);
}

TEST(StockWatch, RefusesWhatMakesNoSense) {
  const auto error_after =
      [](const std::function<void(StockWatchOptions&)>& change) -> std::string {
    StockWatchOptions options;
    change(options);
    try {
      StockWatch(options, names(), kPicture);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_after([](StockWatchOptions&) {}), "");
  EXPECT_EQ(error_after([](StockWatchOptions& o) { o.window_s = 0; }),
            "stock: window_s = 0; expected a number from 0.2 to 600");
  EXPECT_EQ(error_after([](StockWatchOptions& o) { o.gone_share = 0.7; }),
            "stock: gone_share = 0.7 and back_share = 0.6; expected the first to be smaller");
  EXPECT_EQ(error_after([](StockWatchOptions& o) {
              o.sure_score = 0.5F;
              o.new_score = 0.25F;
            }),
            "stock: new_score = 0.25; expected a number from 0.5 to 1");
  EXPECT_EQ(error_after([](StockWatchOptions& o) { o.crowd_facings = 1; }),
            "stock: crowd_facings = 1; expected a number from 2 to 1000000");
  EXPECT_EQ(error_after([](StockWatchOptions& o) {
              o.areas = {{"a", {}, {}, -1}};
            }),
            "stock area 'a': low_at = -1; expected a number >= 0");
  EXPECT_EQ(error_after([](StockWatchOptions& o) {
              o.areas = {{"a", {}, {}, 0}, {"a", {}, {}, 0}};
            }),
            "stock area 'a': there are two of this name; give each its own");
  EXPECT_EQ(error_after([](StockWatchOptions& o) {
              o.areas = {{"", {}, {}, 0}};
            }),
            "stock: an area has no name; give it one");
  EXPECT_EQ(error_after([](StockWatchOptions& o) {
              o.areas = {{"a", {{0, 0}, {1, 1}}, {}, 0}};
            }),
            "stock area 'a': its polygon has fewer than three corners, or edges that cross");
  EXPECT_EQ(error_after([](StockWatchOptions& o) {
              o.areas = {{"a", {}, {"bean"}, 0}};
            }),
            "stock area 'a': the model has no class 'bean' (did you mean 'beans'?)");
  StockWatch watch({}, names(), kPicture);
  watch.update({}, {}, 1);
  EXPECT_THROW(watch.update({}, {}, 0), ContractViolation);
}

/// A shelf watched by a detector that misses and trembles, while people pass and stand before it.
/// Products are taken and put back one at a time, while nobody is near, each place at most once in
/// 12 s.
struct Simulation {
  struct Event {
    double time_s = 0;
    bool taken = true;
    std::size_t place = 0;
    bool is_reported = false;
  };

  explicit Simulation(unsigned seed) : random(seed), stock(48, true), changed_s(48, -100) {}

  double unit() { return std::uniform_real_distribution<double>(0, 1)(random); }
  Box place(std::size_t i) const {
    return place_at(static_cast<int>(i % 12), static_cast<int>(i / 12));
  }

  /// One person at a time: walks in, may stand for up to 15 s, walks on.
  void move_person(double time_s) {
    if (time_s >= next_person_s && !is_walking) {
      is_walking = true;
      person_x = -150;
      stands_at = 1100 * unit();
      stands_s = unit() < 0.5 ? 15 * unit() : 0;
    }
    if (!is_walking) return;
    if (person_x >= stands_at && stands_s > 0) {
      stands_s -= kFrame;
      return;
    }
    person_x += 200 * kFrame;
    if (person_x > 1000) {
      is_walking = false;
      next_person_s = time_s + 4 + 20 * unit();
    }
  }

  Box person() const {
    const auto x = static_cast<float>(person_x);
    return {x, 0, x + 150, 540};
  }

  bool is_hidden(const Box& box) const {
    const double left = std::max<double>(box.x1, person_x);
    const double right = std::min<double>(box.x2, person_x + 150);
    return is_walking && right - left > 0.5 * box.width();
  }

  void change_stock(double time_s) {
    if (time_s < 10 || time_s - last_change_s < 1.5 || unit() > 0.1) return;
    const auto i = static_cast<std::size_t>(48 * unit());
    if (is_hidden(place(i)) || time_s - changed_s[i] < 12) return;
    // What is hidden soon after is known late: such a change is none of this test.
    if (is_walking || next_person_s - time_s < 6) return;
    // Where hardly anything stands, one who hides it cannot be told from one who takes it.
    if (stock[i] && std::count(stock.begin(), stock.end(), false) >= 5) return;
    stock[i] = !stock[i];
    changed_s[i] = last_change_s = time_s;
    truth.push_back({time_s, !stock[i], i, false});
  }

  std::vector<Detection> detect() {
    std::normal_distribution<float> jitter(0, 1.5F);
    std::vector<Detection> found;
    for (std::size_t i = 0; i < 48; ++i) {
      const Box box = place(i);
      if (!stock[i] || is_hidden(box) || unit() < 0.1) continue;
      found.push_back({{box.x1 + jitter(random), box.y1 + jitter(random), box.x2 + jitter(random),
                        box.y2 + jitter(random)},
                       0.8F,
                       0});
    }
    if (unit() < 0.05) {
      // Something that is none.
      const auto x = static_cast<float>(900 * unit());
      const auto y = static_cast<float>(440 * unit());
      found.push_back({{x, y, x + 40, y + 80}, 0.3F, 0});
    }
    return found;
  }

  std::mt19937 random;
  std::vector<bool> stock;
  std::vector<double> changed_s;
  std::vector<Event> truth;
  bool is_walking = false;
  double person_x = 0;
  double stands_at = 0;
  double stands_s = 0;
  double next_person_s = 14;
  double last_change_s = 0;
};

TEST(StockWatch, ReportsEveryChangeWithinFiveSecondsAndNothingElse) {
  std::size_t changes = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    Simulation shelf(seed);
    StockWatch watch({}, names(), kPicture);
    const int frames = 3000;
    for (int frame = 0; frame < frames; ++frame) {
      const double time_s = frame * kFrame;
      shelf.move_person(time_s);
      if (frame < frames - 60) shelf.change_stock(time_s);
      // Every other shelf has a detector for people, too.
      std::vector<Box> people;
      if (seed % 2 == 0 && shelf.is_walking) people.push_back(shelf.person());
      for (const StockEvent& event : watch.update(shelf.detect(), people, time_s)) {
        const auto match = std::find_if(
            shelf.truth.begin(), shelf.truth.end(), [&](const Simulation::Event& change) {
              return !change.is_reported &&
                     change.taken == (event.kind == StockEventKind::kTaken) &&
                     iou(shelf.place(change.place), event.box) > 0.5F &&
                     event.reported_s - change.time_s <= 5;
            });
        ASSERT_NE(match, shelf.truth.end())
            << "seed " << seed << ": " << name_of(event.kind) << " at " << event.time_s
            << ", reported at " << event.reported_s << ", " << event.box;
        EXPECT_NEAR(event.time_s, match->time_s, 1);
        EXPECT_LT(event.before_s, match->time_s + 1e-9);
        match->is_reported = true;
      }
    }
    for (const Simulation::Event& change : shelf.truth) {
      EXPECT_TRUE(change.is_reported)
          << "seed " << seed << ": " << (change.taken ? "taken" : "restocked") << " at "
          << change.time_s << " from place " << change.place;
    }
    const auto there = std::count(shelf.stock.begin(), shelf.stock.end(), true);
    EXPECT_EQ(watch.counts_by_class().at(0), static_cast<std::size_t>(there));
    EXPECT_LE(watch.facings().size(), 48U);
    changes += shelf.truth.size();
  }
  EXPECT_GT(changes, 200U) << "the simulation must put the watch to the test";
}

}  // namespace
}  // namespace gondola::count
