#include "eval/random_scenes.hpp"

#include <algorithm>
#include <random>

namespace gondola::test {
namespace {

class SceneMaker {
 public:
  SceneMaker(unsigned seed, int classes) : random_(seed), classes_(classes) {}

  eval::ImageEvaluation make() {
    eval::ImageEvaluation scene;
    for (int n = below(12); n > 0; --n) scene.truth.push_back(object());
    for (const LabelledBox& object : scene.truth) {
      for (int n = below(3); n > 0; --n) scene.detections.push_back(near(object));
    }
    for (int n = below(5); n > 0; --n) {
      scene.detections.push_back({box(), score(), below(classes_)});
    }
    std::shuffle(scene.detections.begin(), scene.detections.end(), random_);
    return scene;
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  float uniform(float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random_);
  }
  float score() { return static_cast<float>(1 + below(20)) / 20.0F; }

  Box box() {
    const float x = uniform(0, 300);
    const float y = uniform(0, 300);
    return {x, y, x + uniform(8, 130), y + uniform(8, 130)};
  }

  LabelledBox object() {
    LabelledBox object{box(), below(classes_)};
    object.crowd = below(8) == 0;
    if (below(4) == 0) object.area = area(object.box) * uniform(0.3F, 1);
    return object;
  }

  Detection near(const LabelledBox& object) {
    const float x = object.box.width() * 0.15F;
    const float y = object.box.height() * 0.15F;
    const Box moved{object.box.x1 + uniform(-x, x), object.box.y1 + uniform(-y, y),
                    object.box.x2 + uniform(-x, x), object.box.y2 + uniform(-y, y)};
    return {moved, score(), below(5) == 0 ? below(classes_) : object.class_id};
  }

  std::mt19937 random_;
  int classes_;
};

}  // namespace

std::vector<eval::ImageEvaluation> random_scenes(unsigned seed, int images, int classes) {
  SceneMaker maker(seed, classes);
  std::vector<eval::ImageEvaluation> scenes;
  for (int i = 0; i < images; ++i) scenes.push_back(maker.make());
  return scenes;
}

}  // namespace gondola::test
