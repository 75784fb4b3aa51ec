#include "gondola/core/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>
#include <tuple>
#include <utility>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"

namespace gondola {
namespace {

struct Span {
  int start;
  int length;
};

std::vector<Span> plan_axis(int length, const TileOptions& options) {
  if (options.size == 0 || length <= options.size) return {{0, length}};
  // A thousandth less, because 0.3F * 200 is a little more than 60.
  const auto overlap =
      static_cast<int>(std::ceil(static_cast<double>(options.overlap) * options.size - 1e-3));
  const int longest_step = std::max(1, options.size - overlap);
  const int range = length - options.size;
  const int steps = (range + longest_step - 1) / longest_step;
  std::vector<Span> spans;
  for (int i = 0; i <= steps; ++i) {
    const std::int64_t start = static_cast<std::int64_t>(range) * i / steps;
    spans.push_back({static_cast<int>(start), options.size});
  }
  return spans;
}

/// A detection of one tile, its box clipped to the image.
struct Member {
  Detection detection;
  std::size_t tile;
  bool complete;  // not cut by its tile
};

/// The part of a member's box that lies in the area two tiles share.
struct View {
  std::size_t member;
  Box box;
};

/// Two members of different tiles that look the same where both tiles see.
struct Match {
  float iou;
  std::size_t a;
  std::size_t b;
};

bool is_complete(const Box& box, const Tile& tile, Size image, float cut_margin) {
  const Box border = tile.box();
  const float margin_x = cut_margin * static_cast<float>(tile.width);
  const float margin_y = cut_margin * static_cast<float>(tile.height);
  const bool cut_left = tile.x > 0 && box.x1 <= border.x1 + margin_x;
  const bool cut_top = tile.y > 0 && box.y1 <= border.y1 + margin_y;
  const bool cut_right = tile.x + tile.width < image.width && box.x2 >= border.x2 - margin_x;
  const bool cut_bottom = tile.y + tile.height < image.height && box.y2 >= border.y2 - margin_y;
  return !(cut_left || cut_top || cut_right || cut_bottom);
}

/// The usable detections of all tiles, tile after tile.
std::vector<Member> collect(const std::vector<TileDetections>& tiles, Size image,
                            const TileMergeOptions& options) {
  std::vector<Member> members;
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    for (Detection detection : tiles[t].detections) {
      if (!is_valid(detection.box) || !std::isfinite(detection.score)) continue;
      detection.box = clip(detection.box, image);
      if (!is_valid(detection.box)) continue;
      members.push_back(
          {detection, t, is_complete(detection.box, tiles[t].tile, image, options.cut_margin)});
    }
  }
  return members;
}

std::vector<View> views_from_left(const std::vector<Member>& members, std::size_t tile,
                                  const Box& area) {
  const auto before = [](const Member& member, std::size_t t) { return member.tile < t; };
  std::vector<View> views;
  for (auto member = std::lower_bound(members.begin(), members.end(), tile, before);
       member != members.end() && member->tile == tile; ++member) {
    const Box visible = intersection(member->detection.box, area);
    if (!is_valid(visible)) continue;
    views.push_back({static_cast<std::size_t>(member - members.begin()), visible});
  }
  std::sort(views.begin(), views.end(),
            [](const View& a, const View& b) { return a.box.x1 < b.box.x1; });
  return views;
}

/// All matches between any two tiles, the surest first.
std::vector<Match> find_matches(const std::vector<TileDetections>& tiles,
                                const std::vector<Member>& members,
                                const TileMergeOptions& options) {
  std::vector<Match> matches;
  const auto compare = [&](const View& a, const View& b) {
    const bool may_match = options.class_agnostic || members[a.member].detection.class_id ==
                                                         members[b.member].detection.class_id;
    if (!may_match) return;
    const float overlap = iou(a.box, b.box);
    if (overlap >= options.match_iou) matches.push_back({overlap, a.member, b.member});
  };
  for (std::size_t s = 0; s < tiles.size(); ++s) {
    for (std::size_t t = s + 1; t < tiles.size(); ++t) {
      const Box common = intersection(tiles[s].tile.box(), tiles[t].tile.box());
      if (!is_valid(common)) continue;
      const std::vector<View> views_t = views_from_left(members, t, common);
      for (const View& a : views_from_left(members, s, common)) {
        for (const View& b : views_t) {
          if (b.box.x1 >= a.box.x2) break;
          if (b.box.x2 > a.box.x1) compare(a, b);
        }
      }
    }
  }
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return std::tuple(-a.iou, a.a, a.b) < std::tuple(-b.iou, b.a, b.b);
  });
  return matches;
}

/// Disjoint groups of members, at most one of each tile in a group.
class Groups {
 public:
  explicit Groups(const std::vector<Member>& members)
      : members_(members), group_of_(members.size()), groups_(members.size()) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      group_of_[i] = i;
      groups_[i] = {i};
    }
  }

  /// Leaves the groups as they are if they hold members of the same tile.
  void join(std::size_t a, std::size_t b) {
    std::size_t into = group_of_[a];
    std::size_t from = group_of_[b];
    if (into == from || share_tile(groups_[into], groups_[from])) return;
    if (groups_[into].size() < groups_[from].size()) std::swap(into, from);
    for (const std::size_t member : groups_[from]) {
      group_of_[member] = into;
      groups_[into].push_back(member);
    }
    groups_[from].clear();
  }

  /// A joined group leaves an empty one behind.
  const std::vector<std::vector<std::size_t>>& all() const { return groups_; }

 private:
  bool share_tile(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) const {
    return std::any_of(a.begin(), a.end(), [&](std::size_t i) {
      return std::any_of(b.begin(), b.end(),
                         [&](std::size_t j) { return members_[i].tile == members_[j].tile; });
    });
  }

  const std::vector<Member>& members_;
  std::vector<std::size_t> group_of_;
  std::vector<std::vector<std::size_t>> groups_;
};

/// What a group of members comes down to.
struct Merged {
  Detection detection;
  bool complete;  // some tile saw it whole
};

/// The one detection a group stands for; see merge_tiles().
Merged unite(const std::vector<std::size_t>& group, const std::vector<Member>& members,
             const std::vector<TileDetections>& tiles) {
  const auto tile_area = [&](const Member& member) {
    const Tile& tile = tiles[member.tile].tile;
    return static_cast<std::int64_t>(tile.width) * tile.height;
  };
  const Member& first = members[group.front()];
  Detection united = first.detection;
  Box around = first.detection.box;
  const Member* sharpest = nullptr;
  for (const std::size_t index : group) {
    const Member& member = members[index];
    around = hull(around, member.detection.box);
    if (member.detection.score > united.score) united = member.detection;
    if (!member.complete) continue;
    const auto rank = [&](const Member& m) { return std::pair(tile_area(m), -m.detection.score); };
    if (sharpest == nullptr || rank(member) < rank(*sharpest)) sharpest = &member;
  }
  united.box = sharpest != nullptr ? sharpest->detection.box : around;
  return {united, sharpest != nullptr};
}

/// Whether a part that its tile cut off is a piece of something seen whole: a network that sees the
/// end of a bus may well call it a short bus.
bool is_piece_of(const Merged& part, const Merged& whole, const TileMergeOptions& options) {
  constexpr float kInside = 0.8F;
  if (part.complete || !whole.complete) return false;
  if (!options.class_agnostic && part.detection.class_id != whole.detection.class_id) return false;
  const Box& box = part.detection.box;
  return area(whole.detection.box) > area(box) &&
         area(intersection(box, whole.detection.box)) >= kInside * area(box);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tile& tile) {
  return out << tile.width << 'x' << tile.height << " at " << tile.x << ',' << tile.y;
}

std::vector<Tile> plan_tiles(Size image, const TileOptions& options) {
  GONDOLA_EXPECTS(image.width > 0 && image.height > 0, "plan_tiles: image ", image);
  GONDOLA_EXPECTS(options.size >= 0, "plan_tiles: size = ", options.size);
  GONDOLA_EXPECTS(options.overlap >= 0 && options.overlap <= 0.9F,
                  "plan_tiles: overlap = ", options.overlap, "; expected 0..0.9");
  std::vector<Tile> tiles;
  const std::vector<Span> columns = plan_axis(image.width, options);
  for (const Span& row : plan_axis(image.height, options)) {
    for (const Span& column : columns) {
      tiles.push_back({column.start, row.start, column.length, row.length});
    }
  }
  return tiles;
}

std::vector<Detection> merge_tiles(const std::vector<TileDetections>& tiles, Size image,
                                   const TileMergeOptions& options) {
  GONDOLA_EXPECTS(image.width > 0 && image.height > 0, "merge_tiles: image ", image);
  GONDOLA_EXPECTS(options.match_iou > 0 && options.match_iou <= 1,
                  "merge_tiles: match_iou = ", options.match_iou, "; expected > 0, up to 1");
  GONDOLA_EXPECTS(options.cut_margin >= 0 && options.cut_margin <= 0.5F,
                  "merge_tiles: cut_margin = ", options.cut_margin, "; expected 0..0.5");
  const std::vector<Member> members = collect(tiles, image, options);
  Groups groups(members);
  for (const Match& match : find_matches(tiles, members, options)) groups.join(match.a, match.b);

  std::vector<Merged> merged;
  for (const std::vector<std::size_t>& group : groups.all()) {
    if (!group.empty()) merged.push_back(unite(group, members, tiles));
  }
  std::vector<Detection> results;
  for (const Merged& one : merged) {
    const bool piece =
        !one.complete && std::any_of(merged.begin(), merged.end(), [&](const Merged& other) {
          return is_piece_of(one, other, options);
        });
    if (!piece) results.push_back(one.detection);
  }
  std::stable_sort(results.begin(), results.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return results;
}

}  // namespace gondola
