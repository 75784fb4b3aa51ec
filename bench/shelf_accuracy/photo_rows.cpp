#include "shelf_accuracy/photo_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

#include "gondola/shelf/rows.hpp"

namespace gondola::bench {
namespace {

float overlap(float a1, float a2, float b1, float b2) {
  return std::min(a2, b2) - std::max(a1, b1);
}

/// Numbers for drawn rows so that those side by side, of neighbouring bays, get the same.
std::vector<int> levels_of(const std::vector<Box>& rows) {
  std::vector<int> levels(rows.size());
  std::iota(levels.begin(), levels.end(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool beside = overlap(rows[i].x1, rows[i].x2, rows[j].x1, rows[j].x2) <
                          0.2F * std::min(rows[i].width(), rows[j].width());
      const bool level = overlap(rows[i].y1, rows[i].y2, rows[j].y1, rows[j].y2) >
                         0.5F * std::min(rows[i].height(), rows[j].height());
      if (!beside || !level) continue;
      levels[i] = levels[j];
      break;
    }
  }
  return levels;
}

/// Numbers for drawn rows so that those below each other, of one bay, get the same.
std::vector<int> columns_of(const std::vector<Box>& rows) {
  std::vector<int> columns(rows.size());
  std::iota(columns.begin(), columns.end(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (overlap(rows[i].x1, rows[i].x2, rows[j].x1, rows[j].x2) <=
          0.5F * std::min(rows[i].width(), rows[j].width())) {
        continue;
      }
      columns[i] = columns[j];
      break;
    }
  }
  return columns;
}

int most_common(const std::map<int, int>& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

}  // namespace

std::vector<Box> read_boxes(const std::filesystem::path& path, Size photo) {
  std::vector<Box> boxes;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    float class_id = 0, cx = 0, cy = 0, w = 0, h = 0, score = 1;
    fields >> class_id >> cx >> cy >> w >> h >> score;
    if (score < 0.4F) continue;
    const auto width = static_cast<float>(photo.width);
    const auto height = static_cast<float>(photo.height);
    boxes.push_back(
        {(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height});
  }
  return boxes;
}

int drawn_row_of(const Box& product, const std::vector<Box>& rows) {
  int best = -1;
  float largest = -1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Box& row = rows[i];
    const float x = product.center_x();
    if (x < row.x1 || x > row.x2 || product.y2 < row.y1 || product.y2 > row.y2) continue;
    const float shared = area(intersection(product, row));
    if (shared <= largest) continue;
    largest = shared;
    best = static_cast<int>(i);
  }
  return best;
}

PhotoRows measure_rows(const std::vector<Box>& products, const std::vector<Box>& drawn) {
  const shelf::ShelfReading reading = shelf::find_rows(products);
  const std::vector<int> levels = levels_of(drawn);
  const std::vector<int> columns = columns_of(drawn);
  std::map<int, std::map<int, int>> found_of;
  std::map<int, std::map<int, int>> levels_in;
  std::map<int, std::map<int, int>> drawn_in_column;
  std::map<int, std::map<int, int>> found_in_column;
  std::vector<int> truth;
  for (std::size_t i = 0; i < products.size(); ++i) {
    truth.push_back(drawn_row_of(products[i], drawn));
    if (truth[i] < 0) continue;
    const auto row = static_cast<std::size_t>(truth[i]);
    const int found = reading.placements[i].row;
    ++found_of[truth[i]][found];
    ++levels_in[found][levels[row]];
    ++drawn_in_column[columns[row]][truth[i]];
    if (found >= 0) ++found_in_column[columns[row]][found];
  }
  PhotoRows photo;
  for (std::size_t i = 0; i < products.size(); ++i) {
    if (truth[i] < 0) continue;
    const int found = reading.placements[i].row;
    ++photo.products;
    if (found < 0) continue;
    const bool complete = most_common(found_of[truth[i]]) == found;
    const bool pure = most_common(levels_in[found]) == levels[static_cast<std::size_t>(truth[i])];
    photo.complete += complete ? 1 : 0;
    photo.pure += pure ? 1 : 0;
    photo.both += complete && pure ? 1 : 0;
  }
  // Single products neither make a row nor prove one.
  const auto rows = [](const std::map<int, int>& counts) {
    return std::count_if(counts.begin(), counts.end(),
                         [](const auto& entry) { return entry.second >= 2; });
  };
  for (const auto& [column, counts] : drawn_in_column) {
    photo.count_error += static_cast<int>(std::abs(rows(counts) - rows(found_in_column[column])));
  }
  return photo;
}

}  // namespace gondola::bench
