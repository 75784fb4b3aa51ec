#include "gondola/shelf/walk.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "median.hpp"

namespace gondola::shelf {
namespace {

/// Products that two frames must have in common for their motion to be that of the camera.
constexpr std::size_t kLeastShared = 3;

/// Share of the frames of the shorter of two tracks in which both may be seen and still be one
/// product: while one is lost and the other begins.
constexpr double kSeenTogether = 0.1;

/// Frames before the first and after the last sight of a product that are asked whether they showed
/// its place: what lies further back is another visit.
constexpr std::size_t kFramesAround = 300;

/// Margin at the picture's edge, as a share of its side, in which a product need not be seen.
constexpr float kMargin = 0.03F;

/// Pixels from the edge at which a box is cut off by it.
constexpr float kEdge = 1.5F;

bool is_cut(float low, float high, int side) {
  return low <= kEdge || high >= static_cast<float>(side) - kEdge;
}

Box moved(const Box& box, Point by) {
  return {box.x1 + by.x, box.y1 + by.y, box.x2 + by.x, box.y2 + by.y};
}

int frames_of(const std::vector<std::pair<std::size_t, std::size_t>>& runs) {
  std::size_t frames = 0;
  for (const auto& [first, last] : runs) frames += last - first + 1;
  return static_cast<int>(frames);
}

/// How many frames are in both.
int common_frames(const std::vector<std::pair<std::size_t, std::size_t>>& a,
                  const std::vector<std::pair<std::size_t, std::size_t>>& b) {
  std::size_t common = 0;
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    const std::size_t first = std::max(a[i].first, b[k].first);
    const std::size_t last = std::min(a[i].second, b[k].second);
    if (first <= last) common += last - first + 1;
    if (a[i].second < b[k].second)
      ++i;
    else
      ++k;
  }
  return static_cast<int>(common);
}

/// The frames that are in either.
std::vector<std::pair<std::size_t, std::size_t>> united(
    std::vector<std::pair<std::size_t, std::size_t>> runs,
    const std::vector<std::pair<std::size_t, std::size_t>>& others) {
  runs.insert(runs.end(), others.begin(), others.end());
  std::sort(runs.begin(), runs.end());
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (const auto& run : runs) {
    if (!all.empty() && run.first <= all.back().second + 1)
      all.back().second = std::max(all.back().second, run.second);
    else
      all.push_back(run);
  }
  return all;
}

}  // namespace

/// What may be one product.
struct Walk::Candidate {
  Detection detection;  // in the walk's pixels
  std::vector<Run> runs;
  bool is_cut = false;  // at an end of the walk, in its best look
};

Walk::Walk(const WalkOptions& options) : options_(options) {
  GONDOLA_EXPECTS(options.seen_share >= 0 && options.seen_share <= 1, "Walk: seen_share is ",
                  options.seen_share);
  GONDOLA_EXPECTS(options.least_frames >= 1, "Walk: least_frames is ", options.least_frames);
  GONDOLA_EXPECTS(options.same_iou > 0 && options.same_iou <= 1, "Walk: same_iou is ",
                  options.same_iou);
  GONDOLA_EXPECTS(options.cut_share >= 0 && options.cut_share <= 1, "Walk: cut_share is ",
                  options.cut_share);
}

Point Walk::add(const std::vector<Track>& tracks, Size picture,
                const std::optional<Affine>& camera) {
  GONDOLA_EXPECTS(picture.width > 0 && picture.height > 0, "Walk: a frame of ", picture);
  Point corner;
  if (!frames_.empty()) {
    last_step_ = step(tracks, picture, camera);
    corner = {frames_.back().corner.x + last_step_.x, frames_.back().corner.y + last_step_.y};
  }
  const std::size_t frame = frames_.size();
  frames_.push_back({corner, picture});
  boxes_before_.clear();
  for (const Track& track : tracks) {
    if (!is_valid(track.box)) continue;
    boxes_before_[track.id] = track.box;
    Seen& seen = seen_[track.id];
    seen.class_id = track.class_id;
    if (!seen.runs.empty() && seen.runs.back().second + 1 == frame)
      ++seen.runs.back().second;
    else
      seen.runs.emplace_back(frame, frame);
    const auto look = [&](float center, int side) {
      return Look{track.box, track.score, frame,
                  std::abs(center / static_cast<float>(side) - 0.5F)};
    };
    const Look x = look(track.box.center_x(), picture.width);
    const Look y = look(track.box.center_y(), picture.height);
    if (seen.frames == 0 || x.off_center < seen.front_x.off_center) seen.front_x = x;
    if (seen.frames == 0 || y.off_center < seen.front_y.off_center) seen.front_y = y;
    ++seen.frames;
  }
  return corner;
}

/// How far the camera went since the frame before, as what it sees moved the other way.
Point Walk::step(const std::vector<Track>& tracks, Size picture,
                 const std::optional<Affine>& camera) const {
  std::vector<float> left;
  std::vector<float> up;
  const Size before = frames_.back().picture;
  for (const Track& track : tracks) {
    const auto known = boxes_before_.find(track.id);
    if (known == boxes_before_.end() || !is_valid(track.box)) continue;
    const Box& was = known->second;
    const Box& is = track.box;
    if (!is_cut(was.x1, was.x2, before.width) && !is_cut(is.x1, is.x2, picture.width))
      left.push_back(was.center_x() - is.center_x());
    if (!is_cut(was.y1, was.y2, before.height) && !is_cut(is.y1, is.y2, picture.height))
      up.push_back(was.center_y() - is.center_y());
  }
  Point guess = last_step_;
  if (camera) {
    // The middle of the picture stands for all of it.
    const float x = static_cast<float>(picture.width) / 2;
    const float y = static_cast<float>(picture.height) / 2;
    guess = {x - (camera->xx * x + camera->xy * y + camera->tx),
             y - (camera->yx * x + camera->yy * y + camera->ty)};
  }
  return {left.size() >= kLeastShared ? median(std::move(left)) : guess.x,
          up.size() >= kLeastShared ? median(std::move(up)) : guess.y};
}

bool Walk::goes_sideways() const {
  float least_x = 0;
  float most_x = 0;
  float least_y = 0;
  float most_y = 0;
  for (const FramePlace& frame : frames_) {
    least_x = std::min(least_x, frame.corner.x);
    most_x = std::max(most_x, frame.corner.x);
    least_y = std::min(least_y, frame.corner.y);
    most_y = std::max(most_y, frame.corner.y);
  }
  return most_x - least_x >= most_y - least_y;
}

Box Walk::place_of(const Look& look) const { return moved(look.box, frames_[look.frame].corner); }

/// The tracks, those that are one product joined.
std::vector<Walk::Candidate> Walk::candidates(bool sideways) const {
  std::vector<Candidate> all;
  for (const auto& [id, seen] : seen_) {
    const Look& look = sideways ? seen.front_x : seen.front_y;
    const Size picture = frames_[look.frame].picture;
    Candidate candidate;
    candidate.detection = {place_of(look), look.score, seen.class_id};
    candidate.runs = seen.runs;
    candidate.is_cut = sideways ? is_cut(look.box.x1, look.box.x2, picture.width)
                                : is_cut(look.box.y1, look.box.y2, picture.height);
    all.push_back(std::move(candidate));
  }
  // The longest first: what it was seen as for the longest time is what it is.
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return frames_of(a.runs) > frames_of(b.runs);
  });
  std::vector<Candidate> joined;
  for (Candidate& candidate : all) {
    const auto same = std::find_if(joined.begin(), joined.end(), [&](const Candidate& other) {
      if (other.detection.class_id != candidate.detection.class_id) return false;
      if (iou(other.detection.box, candidate.detection.box) < options_.same_iou) return false;
      return common_frames(other.runs, candidate.runs) <= kSeenTogether * frames_of(candidate.runs);
    });
    if (same == joined.end()) {
      joined.push_back(std::move(candidate));
      continue;
    }
    same->runs = united(std::move(same->runs), candidate.runs);
    if (same->is_cut && !candidate.is_cut) {
      same->detection = candidate.detection;
      same->is_cut = false;
    }
  }
  return joined;
}

/// Whether a frame shows a box of the walk: all of it along the way, at least its middle across.
bool Walk::shows(const FramePlace& frame, const Box& box, bool sideways) {
  const auto width = static_cast<float>(frame.picture.width);
  const auto height = static_cast<float>(frame.picture.height);
  const Box in_frame = moved(box, {-frame.corner.x, -frame.corner.y});
  const auto is_between = [](float low, float high, float side) {
    return low >= kMargin * side && high <= (1 - kMargin) * side;
  };
  return sideways ? is_between(in_frame.x1, in_frame.x2, width) &&
                        is_between(in_frame.center_y(), in_frame.center_y(), height)
                  : is_between(in_frame.y1, in_frame.y2, height) &&
                        is_between(in_frame.center_x(), in_frame.center_x(), width);
}

/// Share of the frames with the candidate's place in full view in which it was seen.
double Walk::share_of(const Candidate& candidate, bool sideways) const {
  const std::size_t first = candidate.runs.front().first;
  const std::size_t from = first > kFramesAround ? first - kFramesAround : 0;
  const std::size_t to = std::min(candidate.runs.back().second + kFramesAround + 1, frames_.size());
  int shown = 0;
  int seen = 0;
  std::size_t run = 0;
  for (std::size_t i = from; i < to; ++i) {
    if (!shows(frames_[i], candidate.detection.box, sideways)) continue;
    ++shown;
    while (run < candidate.runs.size() && candidate.runs[run].second < i) ++run;
    if (run < candidate.runs.size() && candidate.runs[run].first <= i) ++seen;
  }
  // Never in full view: at an end of the walk, where frames that saw it are all that is known.
  return shown == 0 ? 1 : static_cast<double>(seen) / shown;
}

bool Walk::is_cut_short(const Candidate& candidate, const std::vector<Candidate>& all,
                        bool sideways) const {
  if (!candidate.is_cut) return false;
  const Box& box = candidate.detection.box;
  std::vector<float> lengths;
  for (const Candidate& other : all) {
    const Box& whole = other.detection.box;
    const bool is_beside = sideways ? whole.y1 < box.center_y() && box.center_y() < whole.y2
                                    : whole.x1 < box.center_x() && box.center_x() < whole.x2;
    if (!other.is_cut && is_beside) lengths.push_back(sideways ? whole.width() : whole.height());
  }
  if (lengths.empty()) return false;
  return (sideways ? box.width() : box.height()) < options_.cut_share * median(std::move(lengths));
}

std::vector<WalkProduct> Walk::products() const {
  const bool sideways = goes_sideways();
  const std::vector<Candidate> all = candidates(sideways);
  const int least = std::min(options_.least_frames, static_cast<int>(frames_.size()));
  std::vector<WalkProduct> products;
  for (const Candidate& candidate : all) {
    const int frames = frames_of(candidate.runs);
    if (frames < least || is_cut_short(candidate, all, sideways)) continue;
    const double share = share_of(candidate, sideways);
    if (share >= options_.seen_share) products.push_back({candidate.detection, frames, share});
  }
  std::sort(products.begin(), products.end(), [](const WalkProduct& a, const WalkProduct& b) {
    const Box& one = a.detection.box;
    const Box& other = b.detection.box;
    return std::pair(one.x1, one.y1) < std::pair(other.x1, other.y1);
  });
  return products;
}

}  // namespace gondola::shelf
