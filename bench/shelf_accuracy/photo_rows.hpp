#pragma once

#include <filesystem>
#include <vector>

#include "gondola/core/box.hpp"

/// How well rows are found on photos whose rows people drew (shared/data/shelf-photos).
namespace gondola::bench {

/// Boxes of a YOLO label file with scores of at least 0.4, in the photo's pixels.
std::vector<Box> read_boxes(const std::filesystem::path& path, Size photo);

/// The drawn row whose box holds a product's foot; of several, as where rows run aslant, the one
/// that holds most of the product. -1 for none.
int drawn_row_of(const Box& product, const std::vector<Box>& rows);

struct PhotoRows {
  int products = 0;     ///< with their foot in a drawn row
  int complete = 0;     ///< in the found row that most products of their drawn row are in
  int pure = 0;         ///< in a found row of which most products are level with them
  int both = 0;         ///< complete and pure
  int count_error = 0;  ///< rows too many or too few, summed over bays
};

/// Rows with a single product count on neither side.
PhotoRows measure_rows(const std::vector<Box>& products, const std::vector<Box>& drawn);

}  // namespace gondola::bench
