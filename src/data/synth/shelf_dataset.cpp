#include "gondola/data/shelf_dataset.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"
#include "gondola/media/write_image.hpp"
#include "shelf_truth.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

void check(const ShelfDatasetOptions& options) {
  if (options.folder.empty()) {
    throw ConfigError("synthetic shelves: no folder to write to; name one");
  }
  constexpr std::size_t kMost = 9'999'999;
  if (options.count < 1 || options.count > kMost) {
    throw ConfigError(
        concat("synthetic shelves: count = ", options.count, "; expected 1..", kMost));
  }
  if (!(options.val_share >= 0 && options.val_share <= 1)) {
    throw ConfigError(
        concat("synthetic shelves: val_share = ", options.val_share, "; expected 0..1"));
  }
  if (options.threads < 1 || options.threads > 1024) {
    throw ConfigError(
        concat("synthetic shelves: threads = ", options.threads, "; expected 1..1024"));
  }
}

std::string picture_name(std::size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "shelf_%07zu", number);
  return name;
}

/// The work shared by the drawing threads.
class DatasetWriter {
 public:
  DatasetWriter(const ShelfDatasetOptions& options, const ShelfDatasetCallbacks& callbacks)
      : options_(options),
        callbacks_(callbacks),
        folder_(options.folder),
        done_(options.count, false) {
    for (const char* part : {"images", "labels", "truth"}) make_folder(folder_ / part);
  }

  ShelfDatasetSummary run() {
    std::vector<ShelfArtist> artists;
    artists.reserve(static_cast<std::size_t>(options_.threads));
    artists.emplace_back(options_.shelf);
    for (int i = 1; i < options_.threads; ++i) artists.emplace_back(artists.front());

    std::vector<std::thread> helpers;
    helpers.reserve(artists.size() - 1);
    for (std::size_t i = 1; i < artists.size(); ++i) {
      helpers.emplace_back([this, &artist = artists[i]] { work(artist); });
    }
    work(artists.front());
    for (std::thread& helper : helpers) helper.join();
    if (failure_) std::rethrow_exception(failure_);
    write_lists();
    return summary_;
  }

 private:
  void work(ShelfArtist& artist) {
    try {
      while (const auto number = next_number()) finish(*number, write_picture(artist, *number));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  std::optional<std::size_t> next_number() {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ == options_.count) return std::nullopt;
    if (callbacks_.stop_requested && callbacks_.stop_requested()) {
      summary_.stopped = true;
      return std::nullopt;
    }
    return next_++;
  }

  ShelfTruth write_picture(ShelfArtist& artist, std::size_t number) const {
    ShelfPicture drawn = artist.draw(number);
    const std::string name = picture_name(number);
    const Size size = options_.shelf.size;
    media::WriteOptions quality;
    quality.jpeg_quality = drawn.jpeg_quality;
    media::write_image((folder_ / "images" / (name + ".jpg")).string(), drawn.picture, quality);
    write_file(folder_ / "labels" / (name + ".txt"), synth::yolo_lines(drawn.truth, size));
    write_file(folder_ / "truth" / (name + ".json"),
               synth::truth_json(drawn.truth, name + ".jpg", size));
    return std::move(drawn.truth);
  }

  void finish(std::size_t number, const ShelfTruth& truth) {
    const std::lock_guard lock(mutex_);
    done_[number] = true;
    ++summary_.pictures;
    summary_.objects += truth.objects.size();
    summary_.gaps += truth.gaps.size();
    if (callbacks_.on_progress) callbacks_.on_progress(summary_.pictures);
  }

  // Every n-th picture is for validation, so that a longer run of the same seed keeps the split.
  bool is_validation(std::size_t number) const {
    const auto share = [&](std::size_t n) {
      return static_cast<std::size_t>(static_cast<double>(n) * options_.val_share + 1e-9);
    };
    return share(number + 1) > share(number);
  }

  void write_lists() const {
    std::string train;
    std::string val;
    for (std::size_t i = 0; i < done_.size(); ++i) {
      if (done_[i]) (is_validation(i) ? val : train) += "images/" + picture_name(i) + ".jpg\n";
    }
    write_file(folder_ / "train.txt", train);
    write_file(folder_ / "val.txt", val);
    const std::string names = options_.shelf.gaps ? "[product, gap]" : "[product]";
    write_file(folder_ / "data.yaml",
               concat("# Synthetic shelves, seed ", options_.shelf.seed,
                      "\npath: .\ntrain: train.txt\nval: val.txt\nnames: ", names, "\n"));
  }

  const ShelfDatasetOptions& options_;
  const ShelfDatasetCallbacks& callbacks_;
  fs::path folder_;
  std::mutex mutex_;  // guards what follows
  std::size_t next_ = 0;
  std::vector<bool> done_;
  ShelfDatasetSummary summary_;
  std::exception_ptr failure_;
};

}  // namespace

ShelfDatasetSummary write_shelf_dataset(const ShelfDatasetOptions& options,
                                        const ShelfDatasetCallbacks& callbacks) {
  check(options);
  validate(options.shelf);
  return DatasetWriter(options, callbacks).run();
}

}  // namespace gondola::data
