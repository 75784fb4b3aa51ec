#include "gondola/track/tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "box_grid.hpp"
#include "common_motion.hpp"
#include "gondola/core/assignment.hpp"
#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::track {
namespace {

/// Sides of a box that lie on the picture's border, beyond which the object may go on.
struct CutSides {
  bool left = false;
  bool top = false;
  bool right = false;
  bool bottom = false;
};

bool is_known(Size picture) { return picture.width > 0 && picture.height > 0; }

CutSides cut_sides(const Box& box, Size picture) {
  if (!is_known(picture)) return {};
  // Detectors are a little off at the border, too.
  constexpr float kLeastMargin = 2;
  constexpr float kMarginShare = 0.004F;
  const auto width = static_cast<float>(picture.width);
  const auto height = static_cast<float>(picture.height);
  const float x = std::max(kLeastMargin, kMarginShare * width);
  const float y = std::max(kLeastMargin, kMarginShare * height);
  return {box.x1 <= x, box.y1 <= y, box.x2 >= width - x, box.y2 >= height - y};
}

/// Scores of detections by class.
class ClassVotes {
 public:
  void add(int class_id, float score) {
    const auto found = std::find_if(votes_.begin(), votes_.end(),
                                    [&](const auto& vote) { return vote.first == class_id; });
    double& sum = found != votes_.end() ? found->second : votes_.emplace_back(class_id, 0).second;
    sum += score;
    // The first of equal ones stays, so that ties do not flicker.
    if (sum > winner_sum_ || class_id == winner_) {
      winner_ = class_id;
      winner_sum_ = sum;
    }
  }

  int winner() const { return winner_; }

 private:
  std::vector<std::pair<int, double>> votes_;
  int winner_ = -1;
  double winner_sum_ = -1;
};

/// One object, confirmed or not.
struct Target {
  explicit Target(const KalmanFilter& start) : filter(start) {}

  KalmanFilter filter;
  std::int64_t id = 0;  ///< 0 until it is confirmed
  ClassVotes votes;
  CutSides cut;  ///< of its last detection
  Box expected;  ///< in the present frame, before its detection
  double first_seen_s = 0;
  double last_seen_s = 0;
  std::int64_t detections = 0;
  bool was_seen = false;        ///< in the frame before
  bool is_seen = false;         ///< in this frame
  std::uint32_t detection = 0;  ///< its last one's place in the caller's list, box and score
  Box detected;
  float score = 0;

  bool is_confirmed() const { return id != 0; }
};

/// A detection that is used, and what matching needs to know of it.
struct Found {
  std::uint32_t place;  ///< in the caller's list
  Box box;
  float score;
  int class_id;
  CutSides cut;
};

/// A target and a detection that overlap.
struct Overlap {
  std::uint32_t target;
  std::uint32_t found;
  float iou;
};

struct Sides {
  float width = 0;
  float height = 0;
};

/// The median width and height of detections.
Sides usual_sides(const std::vector<Found>& found) {
  if (found.empty()) return {};
  std::vector<float> sides(found.size());
  const auto median_of = [&](const auto& side) {
    std::transform(found.begin(), found.end(), sides.begin(),
                   [&](const Found& one) { return side(one.box); });
    const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2);
    std::nth_element(sides.begin(), middle, sides.end());
    return *middle;
  };
  return {median_of([](const Box& box) { return box.width(); }),
          median_of([](const Box& box) { return box.height(); })};
}

/// One axis of a box, with the ends that lie on the picture's border.
struct Span {
  float low;
  float high;
  bool is_low_cut;
  bool is_high_cut;

  float length() const { return high - low; }
};

/// Lets a span that is cut at one end be `length` long, if that is longer.
void prolong(Span& span, float length) {
  if (span.is_low_cut == span.is_high_cut) return;
  if (span.is_low_cut) span.low = std::min(span.low, span.high - length);
  if (span.is_high_cut) span.high = std::max(span.high, span.low + length);
}

/// Share of the usual length that an object of unknown length is taken to have at least. Its true
/// one, so that a few pixels do not count more at the border than inside, but with caution: too
/// long a box overlaps its neighbours.
constexpr float kCautiousShare = 0.5F;

/// Makes the spans of a target and of a detection comparable where one of them is cut off by the
/// border: it is taken to be as long as the other one. Where both are cut, so that nobody knows, an
/// error of a few pixels should not count more than it would inside the picture.
///
/// @param usual  length of the frame's objects
void complete(Span& target, Span& detection, float usual) {
  const float length = std::max(target.length(), detection.length());
  const bool are_both_cut =
      (target.is_low_cut && detection.is_low_cut) || (target.is_high_cut && detection.is_high_cut);
  const float least = are_both_cut ? kCautiousShare * usual : 0;
  prolong(target, std::max(length, least));
  prolong(detection, std::max(length, least));
}

/// Overlap of where a target is expected with a detection, were there no border.
///
/// @param usual  width and height of the frame's objects
float overlap_of(const Target& target, const Found& found, const Sides& usual) {
  const Box& a = target.expected;
  const Box& b = found.box;
  Span target_x{a.x1, a.x2, target.cut.left, target.cut.right};
  Span target_y{a.y1, a.y2, target.cut.top, target.cut.bottom};
  Span found_x{b.x1, b.x2, found.cut.left, found.cut.right};
  Span found_y{b.y1, b.y2, found.cut.top, found.cut.bottom};
  complete(target_x, found_x, usual.width);
  complete(target_y, found_y, usual.height);
  return iou({target_x.low, target_y.low, target_x.high, target_y.high},
             {found_x.low, found_y.low, found_x.high, found_y.high});
}

/// Where detections that a target may be matched with can be.
Box search_area(const Target& target) {
  constexpr float kFar = 1e9F;
  Box box = target.expected;
  const float reach = std::max(box.width(), box.height());
  if (target.cut.left) box = {-kFar, box.y1, box.x2 + reach, box.y2};
  if (target.cut.right) box = {box.x1 - reach, box.y1, kFar, box.y2};
  if (target.cut.top) box = {box.x1, -kFar, box.x2, box.y2 + reach};
  if (target.cut.bottom) box = {box.x1, box.y1 - reach, box.x2, kFar};
  return box;
}

/// A detection with as much of the object beyond the border as it is likely to have.
Box with_hidden_part(const Found& found, const Sides& usual) {
  Span x{found.box.x1, found.box.x2, found.cut.left, found.cut.right};
  Span y{found.box.y1, found.box.y2, found.cut.top, found.cut.bottom};
  prolong(x, kCautiousShare * usual.width);
  prolong(y, kCautiousShare * usual.height);
  return {x.low, y.low, x.high, y.high};
}

/// Corrects a target by its detection, of which sides on the border are not measured: the object
/// keeps the extent it had.
void take_in(KalmanFilter& filter, const CutSides& was_cut, const Found& found) {
  Box box = filter.box();
  Box grown = box;
  if (was_cut.left) grown.x1 = std::min(box.x1, found.box.x1);
  if (was_cut.top) grown.y1 = std::min(box.y1, found.box.y1);
  if (was_cut.right) grown.x2 = std::max(box.x2, found.box.x2);
  if (was_cut.bottom) grown.y2 = std::max(box.y2, found.box.y2);
  if (grown != box) {
    filter.reshape(grown);
    box = grown;
  }
  Box measured = found.box;
  if (found.cut.left != found.cut.right) {
    if (found.cut.left) measured.x1 = std::min(measured.x1, measured.x2 - box.width());
    if (found.cut.right) measured.x2 = std::max(measured.x2, measured.x1 + box.width());
  }
  if (found.cut.top != found.cut.bottom) {
    if (found.cut.top) measured.y1 = std::min(measured.y1, measured.y2 - box.height());
    if (found.cut.bottom) measured.y2 = std::max(measured.y2, measured.y1 + box.height());
  }
  filter.update(measured);
}

float between(float from, float to, float share) { return from + (to - from) * share; }

Box between(const Box& from, const Box& to, float share) {
  return {between(from.x1, to.x1, share), between(from.y1, to.y1, share),
          between(from.x2, to.x2, share), between(from.y2, to.y2, share)};
}

std::vector<Box> boxes_of(const std::vector<Found>& found) {
  std::vector<Box> boxes;
  boxes.reserve(found.size());
  for (const Found& one : found) boxes.push_back(one.box);
  return boxes;
}

}  // namespace

void validate(const TrackerOptions& options) {
  std::vector<std::string> faults;
  const auto check = [&](bool fits, const char* name, auto value, const char* expected) {
    if (!fits) faults.push_back(concat(name, " = ", value, "; expected ", expected));
  };
  const auto check_share = [&](const char* name, float value) {
    check(value >= 0 && value <= 1, name, value, "0..1");
  };
  check_share("high_score", options.high_score);
  check(options.low_score >= 0 && options.low_score <= options.high_score, "low_score",
        options.low_score, "0..high_score");
  check(options.new_track_score >= options.high_score && options.new_track_score <= 1,
        "new_track_score", options.new_track_score, "high_score..1");
  check_share("match_iou", options.match_iou);
  check_share("low_score_iou", options.low_score_iou);
  check_share("tentative_iou", options.tentative_iou);
  check(options.confirm_frames >= 1, "confirm_frames", options.confirm_frames, "1 or more");
  check(options.lost_memory_s >= 0, "lost_memory_s", options.lost_memory_s, "0 or more");
  check_share("class_change_iou", options.class_change_iou);
  check_share("duplicate_iou", options.duplicate_iou);
  check_share("smoothing", options.smoothing);
  check(options.motion.measurement > 0, "motion.measurement", options.motion.measurement,
        "above 0");
  check(options.motion.acceleration > 0, "motion.acceleration", options.motion.acceleration,
        "above 0");
  check(options.motion.resizing >= 0, "motion.resizing", options.motion.resizing, "0 or more");
  if (!faults.empty()) throw ConfigError(concat("tracker: ", join(faults, "; ")));
}

class Tracker::Impl {
 public:
  explicit Impl(const TrackerOptions& options) : options_(options) {}

  std::vector<Track> update(const std::vector<Detection>& detections, double time_s,
                            const Affine& camera, Size picture) {
    GONDOLA_EXPECTS(std::isfinite(time_s) && (!time_s_ || time_s > *time_s_),
                    "Tracker: a frame at ", time_s, " s after one at ",
                    time_s_.value_or(-std::numeric_limits<double>::infinity()),
                    " s; expected a later time");
    const bool is_first_frame = !time_s_;
    const double elapsed_s = is_first_frame ? 0 : time_s - *time_s_;
    time_s_ = time_s;
    picture_ = picture;
    ended_.clear();
    predict(elapsed_s, camera);
    const auto [high, low] = sort_by_score(detections);
    Round first(high);
    find_overlaps(first);
    if (options_.follow_common_motion) follow_common_motion(first, elapsed_s);
    match(first, options_.match_iou, [](const Target& one) { return one.is_confirmed(); });
    if (!low.empty()) match_low_scores(low);
    match(first, options_.tentative_iou, [](const Target& one) { return !one.is_confirmed(); });
    drop_unseen();
    if (options_.follow_common_motion) scene_ = measure_scene();
    begin_new(first);
    confirm(is_first_frame && options_.confirm_first_frame ? 1 : options_.confirm_frames);
    return seen_tracks();
  }

  void finish() {
    ended_.clear();
    for (const Target& target : targets_) end(target);
    targets_.clear();
  }

  const std::vector<EndedTrack>& ended() const { return ended_; }

  std::int64_t confirmed() const { return last_id_; }

  std::map<int, std::int64_t> confirmed_by_class() const {
    std::map<int, std::int64_t> counts = ended_by_class_;
    for (const Target& target : targets_) {
      if (target.is_confirmed()) ++counts[target.votes.winner()];
    }
    return counts;
  }

 private:
  /// The detections of one round of matching.
  struct Round {
    explicit Round(const std::vector<Found>& all)
        : found(all), grid(boxes_of(all)), usual(usual_sides(all)), is_taken(all.size()) {}

    const std::vector<Found>& found;
    BoxGrid grid;
    Sides usual;
    std::vector<bool> is_taken;
    std::vector<Overlap> overlaps;
  };

  void predict(double elapsed_s, const Affine& camera) {
    for (Target& target : targets_) {
      target.was_seen = std::exchange(target.is_seen, false);
      target.filter.predict(elapsed_s);
      if (camera != Affine{}) target.filter.transform(camera);
      target.expected = target.filter.box();
    }
  }

  std::pair<std::vector<Found>, std::vector<Found>> sort_by_score(
      const std::vector<Detection>& detections) const {
    std::vector<Found> high;
    std::vector<Found> low;
    for (std::size_t i = 0; i < detections.size(); ++i) {
      const Detection& one = detections[i];
      if (!is_valid(one.box) || !std::isfinite(one.score)) continue;
      const Found found{static_cast<std::uint32_t>(i), one.box, one.score, one.class_id,
                        cut_sides(one.box, picture_)};
      if (one.score >= options_.high_score) {
        high.push_back(found);
      } else if (one.score >= options_.low_score) {
        low.push_back(found);
      }
    }
    return {std::move(high), std::move(low)};
  }

  void find_overlaps(Round& round) const {
    round.overlaps.clear();
    for (std::uint32_t i = 0; i < targets_.size(); ++i) {
      round.grid.for_each_overlapping(search_area(targets_[i]), [&](std::uint32_t j) {
        const float overlap = overlap_of(targets_[i], round.found[j], round.usual);
        if (overlap > 0) round.overlaps.push_back({i, j, overlap});
      });
    }
  }

  bool is_of_same_class(const Target& target, const Found& found) const {
    return options_.class_agnostic || target.votes.winner() == found.class_id;
  }

  /// Moves all targets, seen or lost, by what is wrong with most predictions.
  void follow_common_motion(Round& round, double elapsed_s) {
    const std::vector<Displacement> errors = errors_of_predictions(round);
    std::optional<Displacement> moved;
    if (are_explained(errors.size())) {
      moved = common_displacement(errors);
    } else {
      std::vector<Box> expected;
      for (const Target& target : targets_) {
        if (target.was_seen) expected.push_back(target.expected);
      }
      moved = find_common_displacement(expected, round.grid);
    }
    if (!moved) return;
    // Frames with nearly the same time stamp say nothing about speeds.
    constexpr double kShortestStep = 1e-3;
    const double per_second = elapsed_s >= kShortestStep ? 1 / elapsed_s : 0;
    for (Target& target : targets_) {
      // A pan that begins goes on, a push does not: it may have been either. But of a new track
      // nothing is known that would speak against going on.
      constexpr double kShareThatGoesOn = 0.5;
      const double share = (target.detections == 1 ? 1 : kShareThatGoesOn) * per_second;
      target.filter.shift(moved->x, moved->y, {share * moved->x, share * moved->y});
      target.expected = target.filter.box();
    }
    find_overlaps(round);
  }

  /// How far from where they were expected things seen a frame ago are found, of those that are
  /// about there.
  std::vector<Displacement> errors_of_predictions(const Round& round) const {
    constexpr float kAboutThere = 0.5F;
    std::vector<Displacement> errors;
    std::optional<std::uint32_t> last;
    for (const Overlap& one : round.overlaps) {  // those of a target follow each other
      const Target& target = targets_[one.target];
      const Found& found = round.found[one.found];
      if (one.iou < kAboutThere || one.target == last || !target.was_seen) continue;
      if (!is_of_same_class(target, found)) continue;
      last = one.target;
      errors.push_back({static_cast<double>(found.box.center_x()) - target.expected.center_x(),
                        static_cast<double>(found.box.center_y()) - target.expected.center_y()});
    }
    return errors;
  }

  bool are_explained(std::size_t count) const {
    constexpr double kMost = 0.6;
    const auto seen = std::count_if(targets_.begin(), targets_.end(),
                                    [](const Target& one) { return one.was_seen; });
    return static_cast<double>(count) >= kMost * static_cast<double>(seen);
  }

  /// Gives the eligible targets that have none yet detections of the round, of their own class
  /// first.
  template <typename Eligible>
  void match(Round& round, float least_iou, const Eligible& is_eligible) {
    const auto assign_if = [&](float threshold, bool same_class) {
      std::vector<Pairing> pairings;
      for (const Overlap& one : round.overlaps) {
        const Target& target = targets_[one.target];
        const bool fits = one.iou >= threshold && !target.is_seen && !round.is_taken[one.found] &&
                          is_eligible(target) &&
                          is_of_same_class(target, round.found[one.found]) == same_class;
        // An overlap of exactly the threshold is one.
        constexpr double kWorthOfAnyMatch = 1e-3;
        if (fits) {
          pairings.push_back({one.target, one.found, one.iou - threshold + kWorthOfAnyMatch});
        }
      }
      if (pairings.empty()) return;
      const auto columns = assign(targets_.size(), round.found.size(), pairings);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i] == kUnassigned) continue;
        round.is_taken[columns[i]] = true;
        see(targets_[i], round.found[columns[i]]);
      }
    };
    assign_if(least_iou, true);
    assign_if(std::max(least_iou, options_.class_change_iou), false);
  }

  void match_low_scores(const std::vector<Found>& low) {
    Round second(low);
    find_overlaps(second);
    match(second, options_.low_score_iou,
          [](const Target& one) { return one.is_confirmed() && one.was_seen; });
  }

  void see(Target& target, const Found& found) {
    take_in(target.filter, target.cut, found);
    note(target, found);
  }

  void note(Target& target, const Found& found) {
    target.votes.add(found.class_id, found.score);
    target.cut = found.cut;
    target.last_seen_s = *time_s_;
    ++target.detections;
    target.is_seen = true;
    target.detection = found.place;
    target.detected = found.box;
    target.score = found.score;
  }

  void drop_unseen() {
    const auto is_over = [&](const Target& target) {
      if (target.is_seen) return false;
      const bool remembered = target.is_confirmed() &&
                              *time_s_ - target.last_seen_s <= options_.lost_memory_s &&
                              !has_left(target);
      if (!remembered) end(target);
      return !remembered;
    };
    targets_.erase(std::remove_if(targets_.begin(), targets_.end(), is_over), targets_.end());
  }

  /// Whether the object went out of the picture so far that a shaking camera will not bring it
  /// back.
  bool has_left(const Target& target) const {
    if (!is_known(picture_)) return false;
    constexpr float kFarOut = 0.5F;
    const Box& box = target.expected;
    const float margin = kFarOut * std::max(box.width(), box.height());
    return box.x2 < -margin || box.y2 < -margin ||
           box.x1 > static_cast<float>(picture_.width) + margin ||
           box.y1 > static_cast<float>(picture_.height) + margin;
  }

  void end(const Target& target) {
    if (!target.is_confirmed()) return;
    ended_.push_back({target.id, target.votes.winner(), target.first_seen_s, target.last_seen_s,
                      target.detections});
    ++ended_by_class_[target.votes.winner()];
  }

  void begin_new(Round& round) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < round.found.size(); ++i) {
      if (!round.is_taken[i] && round.found[i].score >= options_.new_track_score) {
        order.push_back(i);
      }
    }
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return round.found[a].score > round.found[b].score;
    });
    for (const std::uint32_t i : order) {
      if (is_duplicate(round, i)) continue;
      round.is_taken[i] = true;
      const Found& found = round.found[i];
      Target target(begin_filter(with_hidden_part(found, round.usual)));
      target.first_seen_s = *time_s_;
      note(target, found);
      targets_.push_back(std::move(target));
    }
  }

  /// Whether a detection is the second one of an object that has one already.
  bool is_duplicate(const Round& round, std::uint32_t i) const {
    bool found = false;
    round.grid.for_each_overlapping(round.found[i].box, [&](std::uint32_t j) {
      found = found || (round.is_taken[j] &&
                        iou(round.found[i].box, round.found[j].box) > options_.duplicate_iou);
    });
    return found;
  }

  KalmanFilter begin_filter(const Box& box) const {
    // In box sides per second: the speed of objects of which nothing is known, and how much that of
    // one object may differ from the others'.
    constexpr double kAnySpeed = 2;
    constexpr double kOwnSpeed = 0.5;
    if (!scene_) {
      return {box, {}, {kAnySpeed * box.width(), kAnySpeed * box.height()}, options_.motion};
    }
    return {box,
            scene_->median,
            {std::max(scene_->deviation.x, kOwnSpeed * box.width()),
             std::max(scene_->deviation.y, kOwnSpeed * box.height())},
            options_.motion};
  }

  void confirm(int frames) {
    for (Target& target : targets_) {
      if (!target.is_confirmed() && target.detections >= frames) target.id = ++last_id_;
    }
  }

  std::optional<CommonVelocity> measure_scene() const {
    constexpr std::int64_t kDetectionsForSpeed = 2;
    std::vector<Velocity> velocities;
    for (const Target& target : targets_) {
      if (target.is_seen && target.detections >= kDetectionsForSpeed) {
        velocities.push_back(target.filter.velocity());
      }
    }
    return common_velocity(velocities);
  }

  /// Targets are kept in the order in which they were first seen, and that is the order of their
  /// identities: being tentative takes the same number of frames for all.
  std::vector<Track> seen_tracks() const {
    std::vector<Track> tracks;
    for (const Target& target : targets_) {
      if (!target.is_confirmed() || !target.is_seen) continue;
      Box estimate = target.filter.box();
      if (is_known(picture_)) estimate = clip(estimate, picture_);
      tracks.push_back({target.id, between(target.detected, estimate, options_.smoothing),
                        target.score, target.votes.winner(), target.detection});
    }
    return tracks;
  }

  TrackerOptions options_;
  std::vector<Target> targets_;
  std::vector<EndedTrack> ended_;
  std::map<int, std::int64_t> ended_by_class_;
  std::int64_t last_id_ = 0;
  std::optional<double> time_s_;
  std::optional<CommonVelocity> scene_;
  Size picture_;
};

Tracker::Tracker(const TrackerOptions& options) {
  validate(options);
  impl_ = std::make_unique<Impl>(options);
}

Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

std::vector<Track> Tracker::update(const std::vector<Detection>& detections, double time_s,
                                   const Affine& camera, Size picture) {
  return impl_->update(detections, time_s, camera, picture);
}

void Tracker::finish() { impl_->finish(); }

const std::vector<EndedTrack>& Tracker::ended() const { return impl_->ended(); }

std::int64_t Tracker::confirmed() const { return impl_->confirmed(); }

std::map<int, std::int64_t> Tracker::confirmed_by_class() const {
  return impl_->confirmed_by_class();
}

}  // namespace gondola::track
