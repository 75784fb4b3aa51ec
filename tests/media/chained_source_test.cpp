#include "gondola/media/chained_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace {

using gondola::IoError;
using gondola::media::ChainedSource;
using gondola::media::Frame;
using gondola::media::FrameError;
using gondola::media::FrameSource;
using testing::ElementsAre;

/// A number of frames; when broken, a failure after them.
class Frames : public FrameSource {
 public:
  Frames(std::string name, int count, bool breaks = false)
      : name_(std::move(name)), count_(count), breaks_(breaks) {}
  std::optional<Frame> next() override {
    if (next_ == count_) {
      if (breaks_) throw IoError(name_ + " broke off");
      return std::nullopt;
    }
    Frame frame;
    frame.source = name_;
    frame.index = next_++;
    return frame;
  }

 private:
  std::string name_;
  int count_;
  bool breaks_;
  int next_ = 0;
};

ChainedSource::Part part(const std::string& name, int count, bool breaks = false) {
  return {name, [=] { return std::make_unique<Frames>(name, count, breaks); }};
}

std::vector<std::string> all_of(FrameSource& source) {
  std::vector<std::string> seen;
  while (true) {
    try {
      const std::optional<Frame> frame = source.next();
      if (!frame) return seen;
      seen.push_back(gondola::concat(frame->source, ':', frame->index));
    } catch (const FrameError& error) {
      seen.push_back(gondola::concat(error.source(), ": ", error.what()));
    }
  }
}

TEST(ChainedSource, ReadsOneAfterTheOther) {
  ChainedSource source({part("a", 2), part("b", 0), part("c", 1)});
  EXPECT_THAT(all_of(source), ElementsAre("a:0", "a:1", "c:0"));
  EXPECT_FALSE(source.next());
}

TEST(ChainedSource, OpensAPartWhenItsTurnComes) {
  int opened = 0;
  const auto counted = [&] {
    ++opened;
    return std::make_unique<Frames>("x", 1);
  };
  ChainedSource source({{"x", counted}, {"y", counted}});
  EXPECT_EQ(opened, 0);
  source.next();
  EXPECT_EQ(opened, 1);
  source.next();
  EXPECT_EQ(opened, 2);
}

TEST(ChainedSource, GoesOnAfterAPartThatBreaksOrCannotBeOpened) {
  ChainedSource source(
      {part("a", 1, /*breaks=*/true),
       {"b", []() -> std::unique_ptr<FrameSource> { throw IoError("b is no video"); }},
       part("c", 1)});
  EXPECT_THAT(all_of(source), ElementsAre("a:0", "a: a broke off", "b: b is no video", "c:0"));
}

TEST(ChainedSource, EndsWhenStopped) {
  ChainedSource source({part("a", 2), part("b", 2)});
  source.next();
  source.stop();
  EXPECT_FALSE(source.next());
}

}  // namespace
