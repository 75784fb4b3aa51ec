#pragma once

#include <string>
#include <vector>

namespace gondola::app {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

/// Rows of text in columns as wide as their widest cell, for a terminal.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// Requires: one cell per column.
  void add(std::vector<std::string> cells);

  /// Title line, rule, rows; no line end after the last row.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace gondola::app
