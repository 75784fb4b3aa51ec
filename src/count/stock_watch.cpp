#include "gondola/count/stock_watch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "picture_points.hpp"

namespace gondola::count {
namespace {

void check(std::string_view name, double value, double least, int most) {
  if (value >= least && value <= most) return;
  throw ConfigError(
      concat("stock: ", name, " = ", value, "; expected a number from ", least, " to ", most));
}

// A slot is new: assume a fair detector until its own rate is known, and forget that slowly.
constexpr double kUsualHitRate = 0.8;
constexpr double kLowestHitRate = 0.3;
constexpr double kHitRateGain = 0.01;

/// Share of the window a facing must have been missing for to be hidden with others, and within
/// which one of two facings disappears and the other one appears.
constexpr double kTogether = 0.35;
/// Share of the window within which neighbours are lost to somebody who steps before them; who
/// takes one after the other takes longer.
constexpr double kAtOnce = 0.2;

/// How far neighbours may be apart, as a share of a facing's width and height.
constexpr float kReach = 0.5F;

/// Standard errors that a change of depth must exceed: in a day of some hundred facings, ten frames
/// a second, chance reaches six.
constexpr double kDepthErrors = 7;
/// Share of a box's change that a change of depth must explain: a facing of which more is seen
/// because its neighbour is gone changes on one side.
constexpr double kDepthExplained = 0.4;
/// As kDepthErrors for any other change of the box, which is followed without an event.
constexpr double kMoveErrors = 7;
constexpr double kMoveShare = 0.02;  // of the box's side
constexpr float kDriftGain = 0.03F;

constexpr std::array kCoordinates = {&Box::x1, &Box::y1, &Box::x2, &Box::y2};

/// Of the medians of each coordinate. Requires: at least one box.
Box median_box(const std::vector<Box>& boxes) {
  Box median;
  std::vector<float> values(boxes.size());
  for (float Box::*edge : kCoordinates) {
    std::transform(boxes.begin(), boxes.end(), values.begin(),
                   [edge](const Box& box) { return box.*edge; });
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median.*edge = *middle;
    if (values.size() % 2 == 0) {
      median.*edge = (*std::max_element(values.begin(), middle) + *middle) / 2;
    }
  }
  return median;
}

float largest_change(const Box& a, const Box& b) {
  float largest = 0;
  for (float Box::*coordinate : kCoordinates) {
    largest = std::max(largest, std::abs(a.*coordinate - b.*coordinate));
  }
  return largest;
}

/// How a box changed, as seen from the picture's centre.
struct BoxStep {
  double scale = 1;      ///< of all its distances from the centre; < 1: farther from the camera
  double radius = 0;     ///< root of the sum of those distances squared, pixels
  double explained = 0;  ///< share of the squared changes that this scale explains
};

/// Least squares over the box's edges, less those at the picture's border: of a box that is cut off
/// there the edges beyond are not known.
BoxStep step_between(const Box& before, const Box& after, Size picture) {
  struct Axis {
    float Box::*edge;
    int side;
  };
  const std::array axes = {Axis{&Box::x1, picture.width}, Axis{&Box::y1, picture.height},
                           Axis{&Box::x2, picture.width}, Axis{&Box::y2, picture.height}};
  double products = 0;
  double squares = 0;
  double changes = 0;
  for (const Axis& axis : axes) {
    const double was = before.*axis.edge;
    const double is = after.*axis.edge;
    const double border = 0.01 * axis.side;
    if (std::min(was, is) <= border || std::max(was, is) >= axis.side - border) continue;
    const double center = axis.side / 2.0;
    products += (was - center) * (is - center);
    squares += (was - center) * (was - center);
    changes += (is - was) * (is - was);
  }
  if (squares <= 0 || changes <= 0) return {};
  const double scale = products / squares;
  return {scale, std::sqrt(squares), (scale - 1) * (scale - 1) * squares / changes};
}

/// Larger by a share of its size on every side.
Box grown(const Box& box, float share) {
  const float dx = share * box.width();
  const float dy = share * box.height();
  return {box.x1 - dx, box.y1 - dy, box.x2 + dx, box.y2 + dy};
}

bool touch(const Box& a, const Box& b) { return area(intersection(a, b)) > 0; }

}  // namespace

void validate(const StockWatchOptions& options) {
  check("window_s", options.window_s, 0.2, 600);
  check("min_frames", options.min_frames, 3, 1000);
  check("gone_share", options.gone_share, 0, 1);
  check("back_share", options.back_share, 0, 1);
  if (options.gone_share >= options.back_share) {
    throw ConfigError(concat("stock: gone_share = ", options.gone_share, " and back_share = ",
                             options.back_share, "; expected the first to be smaller"));
  }
  check("match_iou", options.match_iou, 0.01, 1);
  check("sure_score", options.sure_score, 0, 1);
  if (options.new_score != 0) check("new_score", options.new_score, options.sure_score, 1);
  check("hidden_share", options.hidden_share, 0.01, 1);
  check("crowd_facings", options.crowd_facings, 2, 1000000);
  check("crowd_hold_s", options.crowd_hold_s, 0, 1000000);
  check("forget_after_s", options.forget_after_s, 1, 100000000);
  std::set<std::string_view> names;
  for (const StockAreaOptions& area : options.areas) {
    const std::string user = "stock area '" + printable(area.name) + "'";
    if (area.name.empty()) throw ConfigError("stock: an area has no name; give it one");
    if (!names.insert(area.name).second) {
      throw ConfigError(user + ": there are two of this name; give each its own");
    }
    if (area.low_at < 0) {
      throw ConfigError(concat(user, ": low_at = ", area.low_at, "; expected a number >= 0"));
    }
    if (!area.polygon.empty() && !is_simple_polygon(area.polygon)) {
      throw ConfigError(user + ": its polygon has fewer than three corners, or edges that cross");
    }
  }
}

std::string_view name_of(StockEventKind kind) {
  switch (kind) {
    case StockEventKind::kTaken:
      return "taken";
    case StockEventKind::kRestocked:
      return "restocked";
    case StockEventKind::kLow:
      return "low";
    case StockEventKind::kEmpty:
      return "empty";
  }
  return {};
}

StockWatch::StockWatch(StockWatchOptions options, const ClassNames& names, Size picture)
    : options_(std::move(options)), picture_(detail::checked(picture)) {
  validate(options_);
  for (const StockAreaOptions& area : options_.areas) {
    areas_.push_back({area, ClassFilter(area.labels, names, "stock area '" + area.name + "'"), 0});
  }
}

std::vector<StockEvent> StockWatch::update(const std::vector<Detection>& products,
                                           const std::vector<Box>& occluders, double time_s,
                                           const LooksTheSame& looks_the_same) {
  GONDOLA_EXPECTS(std::isfinite(time_s) && (!has_started_ || time_s >= time_s_),
                  "StockWatch: time goes from ", time_s_, " to ", time_s);
  if (!has_started_) start_s_ = time_s;
  has_started_ = true;
  time_s_ = time_s;
  frames_ = std::min(frames_ + 1, 2 * options_.min_frames + 1);

  for (Slot& slot : slots_) {
    slot.is_hidden = std::any_of(occluders.begin(), occluders.end(), [&](const Box& occluder) {
      return area(intersection(slot.box, occluder)) >= options_.hidden_share * area(slot.box);
    });
  }
  match(products, time_s);
  hide_crowds(time_s);
  Events events;
  for (Slot& slot : slots_) {
    if (!slot.is_hidden) judge(slot, time_s, looks_the_same, events);
  }
  const auto is_forgotten = [&](const Slot& slot) {
    if (slot.is_present || slot.is_hidden) return false;
    const double kept_s = slot.was_present ? options_.forget_after_s : options_.window_s;
    return time_s - slot.last_found_s > kept_s;
  };
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(), is_forgotten), slots_.end());
  return events;
}

/// Whether what is found now belongs to the stock to begin with.
bool StockWatch::is_beginning(double time_s) const {
  return time_s - start_s_ <= 2 * options_.window_s || frames_ <= 2 * options_.min_frames;
}

/// Gives detections to slots, pairs that overlap most first; what is left begins new slots.
void StockWatch::match(const std::vector<Detection>& products, double time_s) {
  struct Pair {
    float iou = 0;
    std::size_t product = 0;
    std::size_t slot = 0;
  };
  const float new_score = is_beginning(time_s) ? options_.sure_score
                                               : std::max(options_.sure_score, options_.new_score);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < products.size(); ++i) {
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      const Slot& slot = slots_[k];
      if (!touch(products[i].box, slot.box)) continue;
      const float needed = slot.was_present ? options_.sure_score : new_score;
      if (products[i].score < needed && !slot.is_present) continue;
      const float overlap = iou(products[i].box, slot.box);
      if (overlap >= options_.match_iou) pairs.push_back({overlap, i, k});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    if (a.iou != b.iou) return a.iou > b.iou;
    return std::pair(a.product, a.slot) < std::pair(b.product, b.slot);
  });
  std::vector<const Detection*> found(slots_.size(), nullptr);
  std::vector<bool> is_used(products.size(), false);
  for (const Pair& pair : pairs) {
    if (is_used[pair.product] || found[pair.slot] != nullptr) continue;
    is_used[pair.product] = true;
    found[pair.slot] = &products[pair.product];
  }

  for (std::size_t k = 0; k < slots_.size(); ++k) see(slots_[k], found[k], time_s);
  for (std::size_t i = 0; i < products.size(); ++i) {
    if (is_used[i] || !is_valid(products[i].box)) continue;
    if (products[i].score < new_score) continue;
    Slot slot;
    slot.box = products[i].box;
    slot.class_id = products[i].class_id;
    slot.hit_rate = slot.sure_rate = kUsualHitRate;
    slot.found_in_a_row = 1;
    slot.last_found_s = slot.found_since_s = time_s;
    slot.sights.push_back({time_s, products[i]});
    slots_.push_back(std::move(slot));
  }
}

/// Notes what a frame says about a slot; null if it was not found.
void StockWatch::see(Slot& slot, const Detection* found, double time_s) const {
  if (found == nullptr) {
    if (slot.found_in_a_row > 0) slot.lost_s = time_s;
    if (!slot.is_missing) {
      slot.missing_since_s = time_s;
      slot.found_before_s = slot.last_found_s;
    }
    slot.found_in_a_row = 0;
    slot.is_missing = true;
  } else {
    ++slot.found_in_a_row;
    slot.last_found_s = time_s;
    // What is found once, on the back of somebody, is not the product behind.
    if (slot.is_missing && slot.found_in_a_row >= 2) {
      slot.is_missing = false;
      slot.found_since_s = time_s;
      slot.gap_s = time_s - slot.missing_since_s;
    }
  }
  if (slot.is_hidden) return;

  if (found != nullptr && !slot.sights.empty() && slot.sights.back().found) {
    double step = largest_change(slot.sights.back().found->box, found->box);
    // A product that is taken must not pass for jitter.
    if (slot.steps >= 5) step = std::min(step, 4 * slot.jitter + 0.5);
    ++slot.steps;
    slot.jitter += std::max(0.02, 1.0 / slot.steps) * (step - slot.jitter);
  }
  slot.sights.push_back({time_s, found == nullptr ? std::nullopt : std::optional(*found)});
  const auto fewest = static_cast<std::size_t>(options_.min_frames);
  while (slot.sights.size() > fewest && time_s - slot.sights.front().time_s > options_.window_s) {
    slot.sights.pop_front();
  }
}

/// Whether a place looks as it did at a time and most of the time before, since the slot last
/// changed. A product that came was not always found at once, and one that went was not always lost
/// at once; and somebody may have stood there.
bool StockWatch::is_unchanged(const Slot& slot, const Box& place, double since_s,
                              const LooksTheSame& looks_the_same) const {
  const double first_s = std::min(std::max(start_s_, slot.changed_s), since_s);
  const auto looked_the_same = [&](double windows) {
    return looks_the_same(place, std::max(first_s, since_s - windows * options_.window_s));
  };
  if (!looks_the_same || !looked_the_same(0)) return false;
  return int{looked_the_same(1)} + int{looked_the_same(2)} + int{looked_the_same(3)} >= 2;
}

void StockWatch::judge(Slot& slot, double time_s, const LooksTheSame& looks_the_same,
                       Events& events) {
  const bool is_full = slot.sights.size() >= static_cast<std::size_t>(options_.min_frames) &&
                       time_s - slot.sights.front().time_s >= 0.8 * options_.window_s;
  if (!is_full) return;
  const auto is_found = [](const Sight& sight) { return sight.found.has_value(); };
  const auto found = std::count_if(slot.sights.begin(), slot.sights.end(), is_found);
  const double share = static_cast<double>(found) / static_cast<double>(slot.sights.size());
  // What is not there can only be found by detections that are sure.
  const double rate = slot.is_present ? slot.hit_rate : slot.sure_rate;
  const bool is_there = share >= options_.back_share * rate;

  if (slot.is_present && is_there) {
    const auto sure =
        std::count_if(slot.sights.begin(), slot.sights.end(), [this](const Sight& sight) {
          return sight.found && sight.found->score >= options_.sure_score;
        });
    const double sure_share = static_cast<double>(sure) / static_cast<double>(slot.sights.size());
    slot.hit_rate += kHitRateGain * (std::max(kLowestHitRate, share) - slot.hit_rate);
    slot.sure_rate += kHitRateGain * (std::max(kLowestHitRate, sure_share) - slot.sure_rate);
    judge_class(slot, time_s, events);
    judge_depth(slot, time_s, looks_the_same, events);
  } else if (slot.is_present && share <= options_.gone_share * slot.hit_rate) {
    const double before_s = std::max(slot.found_before_s, slot.unchanged_s);
    const bool looks_as_before = is_unchanged(slot, slot.box, before_s, looks_the_same);
    if (looks_as_before && !slot.is_doubtful) {
      slot.sights.clear();
      slot.unchanged_s = time_s;
      return;
    }
    const bool is_event = !looks_as_before && !is_behind(slot, slot.missing_since_s);
    const double gone_s = std::max(slot.missing_since_s, slot.unchanged_s);
    set_present(slot, false, {gone_s, before_s, time_s}, is_event, events);
  } else if (!slot.is_present && is_there) {
    const auto first = std::find_if(slot.sights.begin(), slot.sights.end(), is_found);
    const double before_s = first == slot.sights.begin() ? first->time_s : std::prev(first)->time_s;
    std::vector<Box> boxes;
    for (const Sight& sight : slot.sights) {
      if (!sight.found) continue;
      boxes.push_back(sight.found->box);
      slot.class_id = sight.found->class_id;
    }
    slot.box = median_box(boxes);
    const bool was_there_before =
        !slot.was_present && (is_beginning(time_s) || (time_s - start_s_ <= options_.crowd_hold_s &&
                                                       is_appearing_with_others(slot)));
    slot.is_doubtful = !was_there_before && is_unchanged(slot, slot.box, before_s, looks_the_same);
    const bool is_event = !was_there_before && !slot.is_doubtful && !is_behind(slot, first->time_s);
    set_present(slot, true, {first->time_s, before_s, time_s}, is_event, events);
  }
}

/// Finds facings so many of whose neighbours vanished with them that somebody must stand in front,
/// and forgets the frames in which they were missing.
void StockWatch::hide_crowds(double time_s) {
  const auto has_vanished = [&](const Slot& slot) {
    return slot.is_present && slot.is_missing &&
           time_s - slot.missing_since_s >= kTogether * options_.window_s;
  };
  // When a facing vanished is only known to lie between its first miss and its last find.
  const auto is_with = [&](const Slot& slot, const Slot& other) {
    const double apart_s =
        std::max(slot.missing_since_s - other.lost_s, other.missing_since_s - slot.lost_s);
    return has_vanished(other) && apart_s <= kAtOnce * options_.window_s;
  };
  for (Slot& slot : slots_) {
    if (slot.is_hidden || !has_vanished(slot)) continue;
    if (time_s - slot.missing_since_s > options_.crowd_hold_s) continue;
    if (!has_crowd(slot, is_with)) continue;
    slot.is_hidden = true;
    while (!slot.sights.empty() && slot.sights.back().time_s >= slot.missing_since_s) {
      slot.sights.pop_back();
    }
  }
}

/// Whether so many neighbours appear at the same time that somebody must have gone away.
bool StockWatch::is_appearing_with_others(const Slot& slot) const {
  return has_crowd(slot, [&](const Slot& a, const Slot& b) {
    return std::abs(a.found_since_s - b.found_since_s) <= options_.window_s;
  });
}

/// Whether a slot belongs to a group of crowd_facings slots, each in reach of another one that it
/// belongs together with. Empty places between them neither count nor part them.
template <typename IsWith>
bool StockWatch::has_crowd(const Slot& slot, IsWith is_with) const {
  struct Reached {
    const Slot* place = nullptr;
    const Slot* from = nullptr;  // the facing it was reached from, itself if it is one
  };
  std::vector<Reached> reached = {{&slot, &slot}};
  int facings = 1;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const Box reach = grown(reached[i].place->box, kReach);
    for (const Slot& other : slots_) {
      if (!touch(reach, other.box)) continue;
      const bool is_facing = is_with(*reached[i].from, other);
      const bool is_empty_place = other.was_present && !other.is_present && other.is_missing;
      if (!is_facing && !is_empty_place) continue;
      if (std::any_of(reached.begin(), reached.end(),
                      [&](const Reached& known) { return known.place == &other; })) {
        continue;
      }
      reached.push_back({&other, is_facing ? &other : reached[i].from});
      if (is_facing && ++facings >= options_.crowd_facings) return true;
    }
  }
  return false;
}

/// Whether a larger facing that overlaps this one vanished when this one appeared, or the other way
/// round: this one stands behind it.
bool StockWatch::is_behind(const Slot& slot, double since_s) const {
  const Box reach = grown(slot.box, 0.1F);
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& other) {
    const float least = 0.1F * std::min(area(slot.box), area(other.box));
    if (area(other.box) <= area(slot.box)) return false;
    if (area(intersection(reach, other.box)) <= least) return false;
    const double together_s = kTogether * options_.window_s;
    if (slot.is_present) {
      return !other.is_missing && other.gap_s >= together_s &&
             std::abs(other.found_since_s - since_s) <= together_s;
    }
    return other.is_missing && other.was_present &&
           std::abs(other.missing_since_s - since_s) <= together_s;
  });
}

void StockWatch::judge_class(Slot& slot, double time_s, Events& events) {
  std::map<int, int> frames;
  int found = 0;
  for (const Sight& sight : slot.sights) {
    if (!sight.found) continue;
    ++frames[sight.found->class_id];
    ++found;
  }
  const auto most =
      std::max_element(frames.begin(), frames.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most->first == slot.class_id || most->second < (1 - options_.gone_share) * found) return;

  Moment moment{time_s, slot.sights.front().time_s, time_s};
  for (auto sight = slot.sights.rbegin(); sight != slot.sights.rend(); ++sight) {
    if (!sight->found) continue;
    if (sight->found->class_id == slot.class_id) {
      moment.before_s = sight->time_s;
      break;
    }
    moment.time_s = sight->time_s;
  }
  set_present(slot, false, moment, true, events);
  slot.class_id = most->first;
  set_present(slot, true, moment, true, events);
}

/// Compares where the facing has lately been with its place, and follows it.
void StockWatch::judge_depth(Slot& slot, double time_s, const LooksTheSame& looks_the_same,
                             Events& events) {
  const auto fewest = static_cast<std::size_t>(options_.min_frames);
  std::vector<Box> recent;  // newest first
  Moment moment{time_s, time_s, time_s};
  for (auto sight = slot.sights.rbegin(); sight != slot.sights.rend(); ++sight) {
    moment.before_s = sight->time_s;
    if (recent.size() >= fewest && time_s - sight->time_s > options_.window_s / 2) break;
    if (!sight->found) continue;
    recent.push_back(sight->found->box);
    moment.time_s = sight->time_s;
  }
  if (recent.size() < fewest || slot.steps < options_.min_frames) return;

  // The largest of four normal differences, each of a deviation of sqrt(2) sigma, is 2.06 sigma on
  // average; a median's standard error is 1.25 times a mean's.
  const double sigma = slot.jitter / 2.06;
  const double error = std::max(0.05, 1.25 * sigma / std::sqrt(static_cast<double>(recent.size())));
  const Box now = median_box(recent);
  const BoxStep step = step_between(slot.box, now, picture_);
  const double moved = largest_change(now, slot.box);
  const bool changed_depth = std::abs(step.scale - 1) * step.radius >= kDepthErrors * error &&
                             step.explained >= kDepthExplained;
  const double least = std::max(kMoveErrors * error, kMoveShare * std::sqrt(area(slot.box)));
  if (!changed_depth && moved < least) {
    for (float Box::*edge : kCoordinates)
      slot.box.*edge += kDriftGain * (now.*edge - slot.box.*edge);
    return;
  }
  // Until all of the recent frames are from after the step, its size is not known.
  const auto half = recent.begin() + static_cast<std::ptrdiff_t>(recent.size() / 2);
  const float unsettled =
      largest_change(median_box({recent.begin(), half}), median_box({half, recent.end()}));
  if (unsettled > std::max(kMoveErrors * error, 0.3 * moved)) return;
  const bool may_be_event = changed_depth && options_.watch_depth;
  // When it is not found, somebody may stand before it: it is asked about later.
  if (may_be_event && looks_the_same && slot.found_in_a_row == 0) return;
  const Box place = intersection(slot.box, now);
  slot.box = now;
  if (!may_be_event || is_unchanged(slot, place, moment.before_s, looks_the_same)) return;
  const std::size_t count = counts_[slot.class_id];
  const StockEventKind kind = step.scale < 1 ? StockEventKind::kTaken : StockEventKind::kRestocked;
  events.push_back(event_of(slot, kind, moment, count, count));
}

void StockWatch::set_present(Slot& slot, bool is_present, const Moment& moment, bool is_event,
                             Events& events) {
  slot.is_present = is_present;
  slot.was_present = true;
  slot.changed_s = moment.reported_s;
  std::size_t& count = counts_[slot.class_id];
  const std::size_t before = count;
  count = is_present ? count + 1 : count - 1;
  const StockEventKind kind = is_present ? StockEventKind::kRestocked : StockEventKind::kTaken;
  if (is_event) events.push_back(event_of(slot, kind, moment, before, count));

  bool has_area = false;
  for (Area& stock : areas_) {
    if (!is_in(stock, slot)) continue;
    has_area = true;
    const auto members = std::count_if(slots_.begin(), slots_.end(), [&](const Slot& other) {
      return other.is_present && is_in(stock, other);
    });
    const std::size_t area_before = stock.count;
    stock.count = static_cast<std::size_t>(members);
    const auto low_at = static_cast<std::size_t>(stock.options.low_at);
    const bool is_empty = area_before > 0 && stock.count == 0;
    const bool is_low = area_before > low_at && stock.count <= low_at;
    if (!is_empty && !is_low) continue;
    events.push_back(event_of(slot, is_empty ? StockEventKind::kEmpty : StockEventKind::kLow,
                              moment, area_before, stock.count));
    events.back().area = stock.options.name;
  }
  if (!has_area && !is_present && count == 0) {
    events.push_back(event_of(slot, StockEventKind::kEmpty, moment, before, count));
  }
}

StockEvent StockWatch::event_of(const Slot& slot, StockEventKind kind, const Moment& moment,
                                std::size_t count_before, std::size_t count_after) {
  StockEvent event;
  event.kind = kind;
  event.time_s = moment.time_s;
  event.before_s = moment.before_s;
  event.reported_s = moment.reported_s;
  event.box = slot.box;
  event.class_id = slot.class_id;
  event.count_before = count_before;
  event.count_after = count_after;
  return event;
}

bool StockWatch::is_in(const Area& stock, const Slot& slot) const {
  if (!stock.filter.passes(slot.class_id)) return false;
  if (stock.options.polygon.empty()) return true;
  const Point center = anchor_of(slot.box, AnchorPoint::kCenter);
  return encloses(stock.options.polygon, detail::to_fraction_inside(center, picture_));
}

bool StockWatch::is_settled() const {
  return frames_ >= options_.min_frames && time_s_ - start_s_ >= options_.window_s;
}

std::vector<StockWatch::Facing> StockWatch::facings() const {
  std::vector<Facing> facings;
  for (const Slot& slot : slots_) {
    if (!slot.was_present) continue;
    facings.push_back({slot.box, slot.class_id, slot.is_present, slot.is_hidden,
                       static_cast<float>(slot.hit_rate)});
  }
  return facings;
}

std::vector<std::size_t> StockWatch::counts_by_area() const {
  std::vector<std::size_t> counts;
  for (const Area& stock : areas_) counts.push_back(stock.count);
  return counts;
}

}  // namespace gondola::count
