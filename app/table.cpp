#include "table.hpp"

#include <algorithm>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::app {
namespace {

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string space(width - std::min(width, text.size()), ' ');
  return align == Align::kLeft ? text + space : space + text;
}

void trim_right(std::string& text) { text.erase(text.find_last_not_of(' ') + 1); }

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  GONDOLA_EXPECTS(cells.size() == columns_.size(), "Table::add: ", cells.size(), " cells for ",
                  columns_.size(), " columns");
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_[i].title.size();
    for (const auto& row : rows_) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text += "  ";
      text += padded(cell_of(i), widths[i], columns_[i].align);
    }
    trim_right(text);
    return text;
  };
  std::string text = line([&](std::size_t i) { return columns_[i].title; });
  text += "\n" + line([&](std::size_t i) { return std::string(widths[i], '-'); });
  for (const auto& row : rows_) text += "\n" + line([&](std::size_t i) { return row[i]; });
  return text;
}

}  // namespace gondola::app
