#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "gondola/data/shelf_picture.hpp"

namespace gondola::data {

/// A data set of synthetic shelves.
struct ShelfDatasetOptions {
  ShelfOptions shelf;
  std::string folder;       ///< made if missing; files of the same names are replaced
  std::size_t count = 100;  ///< pictures, 1..9999999
  double val_share = 0.1;   ///< of the pictures that go to val.txt instead of train.txt, 0..1
  int threads = 1;          ///< pictures drawn at once, 1..1024; the files do not depend on it
};

/// What was written.
struct ShelfDatasetSummary {
  std::size_t pictures = 0;
  std::size_t objects = 0;
  std::size_t gaps = 0;
  bool stopped = false;
};

struct ShelfDatasetCallbacks {
  std::function<void(std::size_t pictures)> on_progress;  ///< from any thread, one at a time
  std::function<bool()> stop_requested;                   ///< asked before every picture
};

/// Writes images/shelf_0000000.jpg ..., labels/*.txt (YOLO; 0 product, 1 gap), truth/*.json
/// (gondola.shelf-truth/1), train.txt, val.txt and data.yaml. When stopped, the lists name what was
/// drawn until then.
///
/// Throws: ConfigError for options out of range; IoError when something cannot be written.
ShelfDatasetSummary write_shelf_dataset(const ShelfDatasetOptions& options,
                                        const ShelfDatasetCallbacks& callbacks = {});

}  // namespace gondola::data
