#include "gondola/core/nms.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>

#include "gondola/core/error.hpp"
#include "kept_index.hpp"
#include "overlap.hpp"

namespace gondola {
namespace {

struct NamedMethod {
  std::string_view name;
  NmsMethod method;
};

constexpr std::array<NamedMethod, 5> kMethods{{
    {"greedy", NmsMethod::kGreedy},
    {"soft", NmsMethod::kSoftGaussian},
    {"soft-linear", NmsMethod::kSoftLinear},
    {"diou", NmsMethod::kDiou},
    {"merge", NmsMethod::kMerge},
}};

// The arithmetic of iou() and diou(), for boxes known to be valid.

constexpr auto kIouOf = [](const Box& a, const Box& b) {
  return static_cast<float>(detail::overlap_of(a, b).iou());
};

constexpr auto kDiouOf = [](const Box& a, const Box& b) {
  return static_cast<float>(detail::overlap_of(a, b).iou() - detail::center_distance_of(a, b));
};

/// A number that sorts ascending where the score sorts descending.
std::uint32_t descending_key(float score) {
  const float positive_zero = score + 0.0F;  // -0 equals 0 and must have its key
  std::uint32_t bits = 0;
  std::memcpy(&bits, &positive_zero, sizeof bits);
  constexpr std::uint32_t kSign = 0x80000000U;
  const std::uint32_t ascending = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return ~ascending;
}

/// Sorts by the upper 32 bits, least significant digit first; equal ones stay in their order.
void radix_sort_by_key(std::vector<std::uint64_t>& values) {
  constexpr unsigned kDigitBits = 11;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  std::vector<std::uint64_t> other(values.size());
  for (const unsigned shift : {32U, 32U + kDigitBits, 32U + 2 * kDigitBits}) {
    const auto digit_of = [shift](std::uint64_t value) { return (value >> shift) % kDigits; };
    std::array<std::size_t, kDigits> place{};
    for (const std::uint64_t value : values) ++place[digit_of(value)];
    std::size_t sum = 0;
    for (std::size_t& entry : place) sum += std::exchange(entry, sum);
    for (const std::uint64_t value : values) other[place[digit_of(value)]++] = value;
    values.swap(other);
  }
}

/// Places of the usable candidates, from the highest score down, equal scores in input order.
std::vector<std::uint32_t> rank(const std::vector<Detection>& candidates) {
  std::vector<std::uint64_t> order;  // key, then place in the input
  order.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!std::isfinite(candidates[i].score) || !is_valid(candidates[i].box)) continue;
    order.push_back(std::uint64_t{descending_key(candidates[i].score)} << 32U | i);
  }
  constexpr std::size_t kWorthRadix = 512;
  if (order.size() < kWorthRadix) {
    std::sort(order.begin(), order.end());
  } else {
    radix_sort_by_key(order);
  }
  std::vector<std::uint32_t> places(order.size());
  std::transform(order.begin(), order.end(), places.begin(),
                 [](std::uint64_t entry) { return static_cast<std::uint32_t>(entry); });
  return places;
}

template <typename Measure>
std::vector<Detection> suppress(const std::vector<Detection>& candidates, const NmsOptions& options,
                                const Measure& measure) {
  detail::KeptIndex kept(options.iou_threshold, options.class_agnostic, candidates.size());
  for (const std::uint32_t place : rank(candidates)) {
    const Detection& candidate = candidates[place];
    const auto removes = [&](std::size_t i) {
      return measure(kept[i].box, candidate.box) > options.iou_threshold;
    };
    if (kept.any_near(candidate, removes)) continue;
    kept.add(candidate);
    if (kept.size() == options.max_detections) break;
  }
  return std::move(kept).release();
}

/// Sums for the mean of a group's corners.
struct WeightedBox {
  double weight = 0;
  double x1 = 0;
  double y1 = 0;
  double x2 = 0;
  double y2 = 0;

  void add(const Detection& member) {
    const double score = std::max(0.0, static_cast<double>(member.score));
    weight += score;
    x1 += score * member.box.x1;
    y1 += score * member.box.y1;
    x2 += score * member.box.x2;
    y2 += score * member.box.y2;
  }

  Box mean() const {
    return {static_cast<float>(x1 / weight), static_cast<float>(y1 / weight),
            static_cast<float>(x2 / weight), static_cast<float>(y2 / weight)};
  }
};

std::vector<Detection> merge(const std::vector<Detection>& candidates, const NmsOptions& options) {
  detail::KeptIndex kept(options.iou_threshold, options.class_agnostic, candidates.size());
  std::vector<WeightedBox> groups;
  for (const std::uint32_t place : rank(candidates)) {
    const Detection& candidate = candidates[place];
    std::size_t nearest = 0;
    float nearest_iou = options.iou_threshold;
    const auto note_nearest = [&](std::size_t i) {
      const float iou = kIouOf(kept[i].box, candidate.box);
      const bool nearer =
          iou > nearest_iou || (iou > options.iou_threshold && iou == nearest_iou && i < nearest);
      if (nearer) {
        nearest = i;
        nearest_iou = iou;
      }
      return false;
    };
    kept.any_near(candidate, note_nearest);
    if (nearest_iou > options.iou_threshold) {
      groups[nearest].add(candidate);
    } else {
      kept.add(candidate);
      groups.emplace_back().add(candidate);
    }
  }
  std::vector<Detection> results = std::move(kept).release();
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (groups[i].weight > 0) results[i].box = groups[i].mean();
  }
  // Not earlier: which group a candidate joins must not depend on how many groups are wanted.
  if (options.max_detections != 0 && results.size() > options.max_detections) {
    results.resize(options.max_detections);
  }
  return results;
}

/// Scores only ever fall, so a candidate's decay is brought up to date when it reaches the top of
/// the heap, not whenever a box is kept: most candidates never need most of it.
std::vector<Detection> soften(const std::vector<Detection>& candidates, const NmsOptions& options) {
  struct Waiting {
    float score;             // at least the score it will have
    std::uint32_t place;     // in the input; decides between equal scores
    std::size_t decayed_by;  // number of its class's kept boxes already in the score
  };
  const auto after = [](const Waiting& a, const Waiting& b) {
    return a.score != b.score ? a.score < b.score : a.place > b.place;
  };
  const auto decay = [&options](float score, float iou) {
    if (options.method == NmsMethod::kSoftLinear) {
      return iou > options.iou_threshold ? score * (1.0F - iou) : score;
    }
    return score * std::exp(-iou * iou / options.soft_sigma);
  };

  std::vector<Waiting> heap;
  for (const std::uint32_t place : rank(candidates)) {
    heap.push_back({candidates[place].score, place, 0});  // sorted: a heap already
  }

  std::unordered_map<int, std::vector<Box>> kept_by_class;
  std::vector<Detection> results;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), after);
    Waiting& top = heap.back();
    const Detection& candidate = candidates[top.place];
    std::vector<Box>& kept = kept_by_class[options.class_agnostic ? 0 : candidate.class_id];
    const float score_before = top.score;
    for (; top.decayed_by < kept.size(); ++top.decayed_by) {
      const Box& box = kept[top.decayed_by];
      const bool apart = box.x2 <= candidate.box.x1 || candidate.box.x2 <= box.x1 ||
                         box.y2 <= candidate.box.y1 || candidate.box.y2 <= box.y1;
      if (!apart) top.score = decay(top.score, kIouOf(box, candidate.box));
    }
    if (top.score < options.soft_score_threshold) {
      heap.pop_back();
    } else if (top.score < score_before) {
      std::push_heap(heap.begin(), heap.end(), after);
    } else {
      kept.push_back(candidate.box);
      results.push_back({candidate.box, top.score, candidate.class_id});
      heap.pop_back();
      if (results.size() == options.max_detections) break;
    }
  }
  return results;
}

}  // namespace

std::vector<Detection> nms(const std::vector<Detection>& candidates, const NmsOptions& options) {
  GONDOLA_EXPECTS(options.iou_threshold >= 0 && options.iou_threshold <= 1,
                  "nms: iou_threshold = ", options.iou_threshold, "; expected 0..1");
  GONDOLA_EXPECTS(options.soft_sigma > 0, "nms: soft_sigma = ", options.soft_sigma,
                  "; expected > 0");
  GONDOLA_EXPECTS(options.soft_score_threshold >= 0,
                  "nms: soft_score_threshold = ", options.soft_score_threshold, "; expected >= 0");
  GONDOLA_EXPECTS(candidates.size() <= std::numeric_limits<std::uint32_t>::max(),
                  "nms: ", candidates.size(), " candidates; their places must fit in 32 bits");
  switch (options.method) {
    case NmsMethod::kGreedy:
      return suppress(candidates, options, kIouOf);
    case NmsMethod::kDiou:
      return suppress(candidates, options, kDiouOf);
    case NmsMethod::kMerge:
      return merge(candidates, options);
    case NmsMethod::kSoftGaussian:
    case NmsMethod::kSoftLinear:
      return soften(candidates, options);
  }
  return {};
}

std::optional<NmsMethod> nms_method_from_name(std::string_view name) {
  for (const NamedMethod& named : kMethods) {
    if (named.name == name) return named.method;
  }
  return std::nullopt;
}

std::string_view name_of(NmsMethod method) {
  for (const NamedMethod& named : kMethods) {
    if (named.method == method) return named.name;
  }
  return {};
}

std::vector<std::string> nms_method_names() {
  std::vector<std::string> names;
  std::transform(kMethods.begin(), kMethods.end(), std::back_inserter(names),
                 [](const NamedMethod& named) { return std::string(named.name); });
  return names;
}

}  // namespace gondola
