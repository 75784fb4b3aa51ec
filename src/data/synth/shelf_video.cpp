#include "gondola/data/shelf_video.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "camera_effects.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/data/random.hpp"
#include "photo_crops.hpp"
#include "restocking.hpp"
#include "scene.hpp"
#include "scene_render.hpp"
#include "shelf_truth.hpp"

namespace gondola::data {
namespace {

/// A person walks this fast, centimetres a second.
constexpr double kWalk = 110;

double travel_of(const ShelfVideoOptions& options) {
  return options.kind == ShelfVideoKind::kPan ? options.speed * options.seconds : 0;
}

/// Clips get a camera that was held still: no smear and little noise, the same in all frames.
synth::CameraEffects clip_effects(cv::Size size, Random& random) {
  synth::CameraEffects effects = synth::random_effects(size, random);
  effects.motion = 0;
  effects.blur = std::min(effects.blur, 0.6);
  effects.noise = std::min(effects.noise, 4.0);
  return effects;
}

}  // namespace

void validate(const ShelfVideoOptions& options) {
  validate(options.shelf);
  std::vector<std::string> faults;
  const auto check = [&](const char* name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      faults.push_back(concat(name, " = ", value, "; expected ", low, "..", high));
    }
  };
  check("seconds", options.seconds, 1.0 / options.fps, 3600);
  check("fps", options.fps, 1, 60);
  check("speed", options.speed, 1, 300);
  check("event_interval", options.event_interval, 0.1, 3600);
  check("people_interval", options.people_interval, 1, 3600);
  if (!faults.empty()) throw ConfigError(concat("synthetic shelf video: ", join(faults, "; ")));
}

std::size_t frame_count(const ShelfVideoOptions& options) {
  return static_cast<std::size_t>(std::max(1.0, std::round(options.seconds * options.fps)));
}

struct ShelfVideo::Studio {
  explicit Studio(const ShelfVideoOptions& video_options)
      : options(video_options),
        photos(synth::load_photo_crops(options.shelf.textures)),
        artist(photos),
        random(options.shelf.seed, 0, 1),
        scene(compose()),
        start(scene.pose.position),
        packages(synth::print_packages(scene, artist)),
        effects(clip_effects(scene.picture, random)),
        restocking(scene.layout),
        next_event_s(wait(options.event_interval)),
        next_person_s(wait(options.people_interval) / 2) {
    for (const synth::Product& product : scene.layout.products) {
      products.push_back({product.name, product.extent.width, product.extent.height});
    }
  }

  synth::Scene compose() {
    synth::SceneRequest request;
    request.picture = {options.shelf.size.width, options.shelf.size.height};
    request.photo_share = options.shelf.texture_share;
    request.travel = travel_of(options);
    request.steady = true;
    synth::Scene composed = synth::compose_scene(request, artist, random);
    composed.occluders.clear();
    return composed;
  }

  /// Time until the next of events that happen independently of each other.
  double wait(double mean) { return -mean * std::log(1 - random.unit()); }

  void move_camera(double time_s) {
    if (options.kind != ShelfVideoKind::kPan) return;
    scene.pose.position = start;
    scene.pose.position[0] += options.speed * (time_s - options.seconds / 2);
    scene.pose.position[1] += 0.8 * std::sin(time_s * 5.1);  // steps
  }

  void move_people(double time_s) {
    if (options.kind != ShelfVideoKind::kRestock) return;
    const double reach = 1.2 * scene.picture.width / scene.focal * start[2] + 60;
    if (time_s >= next_person_s) {
      next_person_s = time_s + wait(options.people_interval);
      const double from = random.chance(0.5) ? -reach : reach;
      const double z = std::max(30.0, start[2] * random.uniform(0.15, 0.6));
      scene.occluders.push_back({synth::OccluderKind::kPerson, start[0] + from, z, random.bits()});
      walks.push_back(from > 0 ? -kWalk : kWalk);
    }
    for (std::size_t i = 0; i < walks.size(); ++i) {
      scene.occluders[i].x += walks[i] / options.fps;
      if (std::abs(scene.occluders[i].x - start[0]) <= reach + 1) continue;
      scene.occluders.erase(scene.occluders.begin() + static_cast<std::ptrdiff_t>(i));
      walks.erase(walks.begin() + static_cast<std::ptrdiff_t>(i));
      --i;
    }
  }

  std::vector<ShelfVideoEvent> restock(double time_s) {
    std::vector<ShelfVideoEvent> events;
    if (options.kind != ShelfVideoKind::kRestock) return events;
    while (time_s >= next_event_s) {
      next_event_s += wait(options.event_interval);
      const bool take = random.chance(0.6);
      const int before = visible_packages();
      const auto changed = take ? restocking.take(in_reach, random) : restocking.put_back();
      if (!changed) continue;
      in_view.reset();
      events.push_back(
          {time_s, take, changed->identity, changed->product, before, visible_packages()});
    }
    return events;
  }

  /// How many packages would be labelled if nobody stood before the shelf.
  int visible_packages() {
    if (in_view) return *in_view;
    const std::vector<synth::Occluder> people = std::exchange(scene.occluders, {});
    const synth::Rendering rendering = synth::render_scene(scene, packages, artist.lettering());
    scene.occluders = people;
    const cv::Mat owners = synth::distort(rendering.owners, effects.distortion, cv::INTER_NEAREST);
    in_view = static_cast<int>(synth::find_visible_items(rendering, owners, options.shelf).size());
    return *in_view;
  }

  ShelfVideoFrame draw(int number) {
    ShelfVideoFrame frame;
    frame.number = number;
    frame.time_s = number / options.fps;
    move_camera(frame.time_s);
    move_people(frame.time_s);
    frame.events = restock(frame.time_s);

    const synth::Rendering rendering = synth::render_scene(scene, packages, artist.lettering());
    frame.picture = synth::distort(rendering.picture, effects.distortion, cv::INTER_LINEAR);
    const cv::Mat owners = synth::distort(rendering.owners, effects.distortion, cv::INTER_NEAREST);
    in_reach.clear();
    for (const auto& seen : synth::find_visible_items(rendering, owners, options.shelf)) {
      const synth::ItemPlace& place = rendering.places[seen.place];
      const synth::Item& item = synth::item_at(scene.layout, place);
      frame.objects.push_back({item.identity, seen.box, item.product, seen.visible});
      if (seen.visible > 0.7) in_reach.push_back(place);
    }
    Random grain(options.shelf.seed, static_cast<std::uint64_t>(number), 2);
    synth::apply_effects(frame.picture, effects, grain);
    return frame;
  }

  ShelfVideoOptions options;
  synth::PhotoCrops photos;
  synth::PackageArtist artist;
  Random random;
  synth::Scene scene;
  synth::Vec3 start;
  std::vector<synth::Package> packages;
  synth::CameraEffects effects;
  synth::Restocking restocking;
  double next_event_s;
  double next_person_s;
  std::vector<double> walks;               // centimetres a second, per occluder
  std::vector<synth::ItemPlace> in_reach;  // well visible in the frame before
  std::optional<int> in_view;              // visible_packages() since the last change
  std::vector<ShelfProduct> products;
  int next_frame = 0;
};

ShelfVideo::ShelfVideo(const ShelfVideoOptions& options) {
  validate(options);
  studio_ = std::make_unique<Studio>(options);
}

ShelfVideo::~ShelfVideo() = default;

std::size_t ShelfVideo::frame_count() const { return data::frame_count(studio_->options); }

const std::vector<ShelfProduct>& ShelfVideo::products() const { return studio_->products; }

std::optional<ShelfVideoFrame> ShelfVideo::next() {
  if (static_cast<std::size_t>(studio_->next_frame) == frame_count()) return std::nullopt;
  return studio_->draw(studio_->next_frame++);
}

}  // namespace gondola::data
