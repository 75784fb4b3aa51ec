#include "gondola/count/unique_counter.hpp"

#include <algorithm>

namespace gondola::count {

UniqueCounter::UniqueCounter(const UniqueOptions& options, double forget_after_s)
    : options_(options), memory_(forget_after_s) {
  validate(options_);
}

std::vector<UniqueChange> UniqueCounter::update(const std::vector<Track>& tracks, double time_s) {
  std::vector<UniqueChange> changes;
  for (const Track& track : tracks) {
    Votes& votes = memory_.see(track.id, time_s).first;
    const int class_before = votes.class_id;
    vote(votes, track.class_id);
    if (!votes.is_counted && votes.total >= static_cast<std::size_t>(options_.min_frames)) {
      votes.is_counted = true;
      votes.counted_s = time_s;
      ++counts_[votes.class_id];
      changes.push_back({track.id, std::nullopt, votes.class_id, time_s});
    } else if (votes.is_counted && votes.class_id != class_before) {
      --counts_[class_before];
      ++counts_[votes.class_id];
      changes.push_back({track.id, class_before, votes.class_id, votes.counted_s});
    }
  }
  memory_.forget(time_s);
  return changes;
}

void UniqueCounter::vote(Votes& votes, int class_id) {
  ++votes.total;
  const auto frames_of = [&votes](int id) {
    return std::find_if(votes.frames.begin(), votes.frames.end(),
                        [id](const auto& entry) { return entry.first == id; });
  };
  auto voted = frames_of(class_id);
  if (voted == votes.frames.end()) voted = votes.frames.insert(voted, {class_id, 0});
  ++voted->second;
  const auto leading = frames_of(votes.class_id);
  if (leading == votes.frames.end() || voted->second > leading->second) votes.class_id = class_id;
}

std::optional<int> UniqueCounter::class_of(std::int64_t track_id) const {
  const Votes* votes = memory_.find(track_id);
  if (votes == nullptr) return std::nullopt;
  return votes->class_id;
}

std::size_t UniqueCounter::total() const {
  std::size_t total = 0;
  for (const auto& [class_id, count] : counts_) total += count;
  return total;
}

}  // namespace gondola::count
