// How right gondola::shelf reads shelves.
//
//   cmake --preset release && cmake --build --preset release --target shelf_accuracy
//   build/release/bench/shelf_accuracy/shelf_accuracy [rows|made|synth|planogram|counts]...
//
//   rows       rows of shared/data/shelf-photos against hand-drawn ones
//   made       statuses of planned positions on the shelves of tests/shelf, tilted and bent
//   synth      rows, facings and gaps of 200 pictures of `gondola synth` (seed 77, 960 x 960)
//   planogram  statuses of planned positions on the same pictures
//   counts     products that weights/shelf-n.safetensors counts on shared/data/shelf-photos, per
//              photo and per hand-drawn row, against pseudo labels of score >= 0.4
//
// Without a word it does all. Real photos are taken from $GONDOLA_SHARED (default: ../shared).
// docs/shelf.md says what the numbers mean.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gondola/core/error.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/shelf/audit.hpp"
#include "shelf_accuracy/drawn_shelf.hpp"
#include "shelf_accuracy/made_shelves.hpp"
#include "shelf_accuracy/photo_rows.hpp"
#include "shelf_accuracy/position_scores.hpp"
#include "shelf_accuracy/shelf_scores.hpp"

namespace gondola::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kPictures = 200;
constexpr std::uint64_t kSeed = 77;
constexpr int kSide = 960;
const Imperfection kExact{};
const Imperfection kRough{0.1, 0.02};

fs::path weights_file() { return fs::path(GONDOLA_SOURCE_DIR) / "weights/shelf-n.safetensors"; }

fs::path photo_folder() {
  const char* shared = std::getenv("GONDOLA_SHARED");
  const fs::path root =
      shared != nullptr ? fs::path(shared) : fs::path(GONDOLA_SOURCE_DIR).parent_path() / "shared";
  return root / "data/shelf-photos";
}

/// A photo with its labels.
struct LabelledPhoto {
  std::string picture;
  std::vector<Box> products;
  std::vector<Box> rows;
};

std::vector<LabelledPhoto> read_photos() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(photo_folder() / "labels-rows")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<LabelledPhoto> photos;
  for (const fs::path& file : files) {
    const fs::path name = file.filename();
    LabelledPhoto photo;
    photo.picture = (photo_folder() / "images" / fs::path(name).replace_extension(".jpg")).string();
    const Size size = media::read_image_size(photo.picture);
    photo.products = read_boxes(photo_folder() / "labels-products-pseudo" / name, size);
    photo.rows = read_boxes(file, size);
    photos.push_back(std::move(photo));
  }
  return photos;
}

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

void print_rows() {
  PhotoRows all;
  int photos = 0;
  int exact = 0;
  int within_one = 0;
  for (const LabelledPhoto& photo : read_photos()) {
    const PhotoRows rows = measure_rows(photo.products, photo.rows);
    all.products += rows.products;
    all.complete += rows.complete;
    all.pure += rows.pure;
    all.both += rows.both;
    ++photos;
    exact += rows.count_error == 0 ? 1 : 0;
    within_one += rows.count_error <= 1 ? 1 : 0;
    if (rows.count_error <= 1) continue;
    std::printf("  %d rows off: %s\n", rows.count_error,
                fs::path(photo.picture).filename().string().c_str());
  }
  std::printf("Rows on %d photos, %d products: complete %.1f %%, pure %.1f %%, both %.1f %%; ",
              photos, all.products, percent(all.complete, all.products),
              percent(all.pure, all.products), percent(all.both, all.products));
  std::printf("number of rows right on %d, right or off by one on %d photos\n\n", exact,
              within_one);
}

/// @param looks  whether the shipped model is asked, too
std::vector<DrawnShelf> draw_shelves(bool looks) {
  std::vector<DrawnShelf> shelves(kPictures);
  const data::ShelfArtist first(picture_options(kSeed, kSide));
  const std::size_t workers = std::max(1U, std::thread::hardware_concurrency());
  detect::DetectorOptions options;
  options.image_size = kSide;
  options.threads = 1;
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    threads.emplace_back([&, worker] {
      data::ShelfArtist artist(first);
      std::unique_ptr<detect::Detector> detector;
      if (looks) detector = std::make_unique<detect::Detector>(weights_file(), options);
      for (std::size_t i = worker; i < shelves.size(); i += workers) {
        data::ShelfPicture drawn = artist.draw(i);
        shelves[i] = {i, {kSide, kSide}, std::move(drawn.truth), {}};
        if (detector) shelves[i].found = detector->detect(drawn.picture);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return shelves;
}

std::vector<Detection> as_detections(const std::vector<SeenProduct>& seen) {
  std::vector<Detection> detections;
  for (const SeenProduct& product : seen) detections.push_back({product.box, 0.9F, 0});
  return detections;
}

std::vector<Box> boxes_of(const std::vector<shelf::Gap>& gaps) {
  std::vector<Box> boxes;
  for (const shelf::Gap& gap : gaps) boxes.push_back(gap.box);
  return boxes;
}

void print_gaps(const char* seen, const char* how, const GapScore& score) {
  std::printf("| %s | %s | %.2f | %.2f | %.2f | %.2f | %d | %d | %d | %d | %d | %d | %d |\n", seen,
              how, score.precision(), score.precision_on_what_is_seen(), score.recall(),
              score.recall_of_labelled(), score.found, score.doubtful, score.wanted,
              score.false_for[0], score.false_for[1], score.false_for[2], score.false_for[3]);
}

void print_synth(const std::vector<DrawnShelf>& shelves) {
  struct Sum {
    const char* name;
    Imperfection imperfection;
    RowScore rows;
    GapScore board, labelled, joined;
  };
  Sum sums[] = {{"true boxes", kExact, {}, {}, {}, {}}, {"10 % missing", kRough, {}, {}, {}, {}}};
  GapScore model, model_joined, model_board;
  for (const DrawnShelf& shelf : shelves) {
    for (Sum& sum : sums) {
      const std::vector<SeenProduct> seen = see_products(shelf, sum.imperfection);
      std::vector<Detection> detections = as_detections(seen);
      const shelf::Audit alone = shelf::audit(detections, {"product"}, shelf.size);
      sum.rows += score_rows(shelf, seen, alone);
      sum.board += score_gaps(shelf, seen, boxes_of(alone.gaps));
      const std::vector<Box> gaps = see_gaps(shelf, labelled_gaps(shelf.truth), sum.imperfection);
      sum.labelled += score_gaps(shelf, seen, gaps);
      for (const Box& gap : gaps) detections.push_back({gap, 0.9F, 1});
      const shelf::Audit joined = shelf::audit(detections, {"product", "gap"}, shelf.size);
      sum.joined += score_gaps(shelf, seen, boxes_of(joined.gaps));
    }
    const std::vector<SeenProduct> seen = see_products(shelf, kExact);
    std::vector<Box> gaps;
    std::vector<Detection> products;
    for (const Detection& found : shelf.found) {
      if (found.class_id == 1) {
        gaps.push_back(found.box);
      } else {
        products.push_back(found);
      }
    }
    model += score_gaps(shelf, seen, gaps);
    model_board +=
        score_gaps(shelf, seen, boxes_of(shelf::audit(products, {"product"}, shelf.size).gaps));
    model_joined += score_gaps(
        shelf, seen, boxes_of(shelf::audit(shelf.found, {"product", "gap"}, shelf.size).gaps));
  }
  std::printf("| %zu pictures | products in the row of most of their board's | facings, error |\n",
              shelves.size());
  std::printf("|---|---|---|\n");
  for (const Sum& sum : sums) {
    std::printf(
        "| %s | %.1f %% of %zu | %.1f %% of %d |\n", sum.name,
        percent(static_cast<double>(sum.rows.complete), static_cast<double>(sum.rows.products)),
        sum.rows.products, percent(sum.rows.facing_error, sum.rows.facings), sum.rows.facings);
  }
  std::printf(
      "\n| boxes | gaps | precision | without hidden products | recall | of labelled gaps | found "
      "| "
      "doubtful | wanted | false: product missed | product hidden | too narrow | other |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Sum& sum : sums) {
    print_gaps(sum.name, "free board alone", sum.board);
    print_gaps(sum.name, "true gap labels alone", sum.labelled);
    print_gaps(sum.name, "joined by audit()", sum.joined);
  }
  print_gaps("shelf-n", "free board alone", model_board);
  print_gaps("shelf-n", "its class gap alone", model);
  print_gaps("shelf-n", "joined by audit()", model_joined);
  std::printf("\n");
}

void print_planogram(const std::vector<DrawnShelf>& shelves) {
  struct Model {
    const char* name;
    ModelKnowledge knowledge;
  };
  const Model models[] = {{"labels, knows gaps", {true, true}},
                          {"labels", {true, false}},
                          {"one class, knows gaps", {false, true}},
                          {"one class", {false, false}}};
  std::printf(
      "| positions with the right status | boxes | right | undecided | hidden, found "
      "otherwise | positions | registered |\n|---|---|---|---|---|---|---|\n");
  for (const Model& model : models) {
    for (const bool rough : {false, true}) {
      PositionScore sum;
      for (const DrawnShelf& shelf : shelves) {
        const ChangedShelf changed = change_shelf(shelf, model.knowledge, rough ? kRough : kExact);
        const shelf::Audit audit =
            shelf::audit(changed.detections, changed.class_names, shelf.size, &changed.planogram);
        sum += score_positions(changed, *audit.comparison);
      }
      std::printf("| %s | %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %d | %d of %d |\n",
                  model.name, rough ? "10 % missing" : "true boxes",
                  percent(sum.right, sum.positions), percent(sum.undecided, sum.positions),
                  percent(sum.unseen, sum.positions), percent(sum.invented, sum.positions),
                  sum.positions, sum.registered, sum.pictures);
    }
  }
  std::printf("\n");
}

void print_made() {
  std::printf(
      "| positions of made shelves with the right status | boxes | yaw 0 | 15 | 25 | 40 |\n"
      "|---|---|---|---|---|---|\n");
  for (const bool rough : {false, true}) {
    for (const bool labels : {true, false}) {
      std::printf("| %s | %s |", labels ? "labels" : "one class",
                  rough ? "10 % missing" : "true boxes");
      for (const double yaw : {0.0, 15.0, 25.0, 40.0}) {
        const MadeScore score = score_made_shelves(yaw, labels, rough);
        std::printf(" %.1f %% |", percent(score.right, score.positions));
      }
      std::printf("\n");
    }
  }
  std::printf("\n");
}

/// Errors of counts.
struct CountError {
  int counts = 0;
  double objects = 0;
  double error = 0;
  double absolute = 0;

  void add(int found, int expected) {
    ++counts;
    objects += expected;
    error += found - expected;
    absolute += std::abs(found - expected);
  }
};

void print_error(const char* what, int image_size, const CountError& error) {
  std::printf("| %s | %d | %d | %.1f | %.2f (%.1f %%) | %+.2f (%+.1f %%) |\n", what, image_size,
              error.counts, error.objects / error.counts, error.absolute / error.counts,
              percent(error.absolute, error.objects), error.error / error.counts,
              percent(error.error, error.objects));
}

void print_counts() {
  const std::vector<LabelledPhoto> photos = read_photos();
  std::printf(
      "| counts | --imgsz | counted | mean | mean absolute error | bias |\n"
      "|---|---|---|---|---|---|\n");
  for (const int image_size : {640, 960}) {
    detect::DetectorOptions options;
    options.image_size = image_size;
    const detect::Detector detector(weights_file(), options);
    CountError per_photo, per_row;
    for (const LabelledPhoto& photo : photos) {
      std::vector<int> found_in(photo.rows.size(), 0);
      std::vector<int> true_in(photo.rows.size(), 0);
      int found = 0;
      for (const Detection& detection : detector.detect(media::read_image(photo.picture))) {
        if (detection.class_id != 0) continue;
        ++found;
        const int row = drawn_row_of(detection.box, photo.rows);
        if (row >= 0) ++found_in[static_cast<std::size_t>(row)];
      }
      for (const Box& product : photo.products) {
        const int row = drawn_row_of(product, photo.rows);
        if (row >= 0) ++true_in[static_cast<std::size_t>(row)];
      }
      per_photo.add(found, static_cast<int>(photo.products.size()));
      for (std::size_t r = 0; r < found_in.size(); ++r) per_row.add(found_in[r], true_in[r]);
    }
    print_error("per photo", image_size, per_photo);
    print_error("per drawn row", image_size, per_row);
  }
  std::printf("\n");
}

void run(const std::set<std::string>& parts) {
  const auto wanted = [&](const char* part) { return parts.empty() || parts.count(part) != 0; };
  for (const std::string& part : parts) {
    const std::set<std::string> known{"rows", "made", "synth", "planogram", "counts"};
    if (known.count(part) == 0) {
      throw ConfigError("unknown part '" + part +
                        "'; expected rows, made, synth, planogram or counts");
    }
  }
  if (wanted("rows")) print_rows();
  if (wanted("made")) print_made();
  if (wanted("synth") || wanted("planogram")) {
    const std::vector<DrawnShelf> shelves = draw_shelves(wanted("synth"));
    if (wanted("synth")) print_synth(shelves);
    if (wanted("planogram")) print_planogram(shelves);
  }
  if (wanted("counts")) print_counts();
}

}  // namespace
}  // namespace gondola::bench

int main(int argc, char** argv) {
  try {
    gondola::bench::run(std::set<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shelf_accuracy: %s\n", error.what());
    return 1;
  }
  return 0;
}
