#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gondola::data {

/// One line of a table.
struct CsvRow {
  std::size_t line = 0;  ///< in the file, from 1
  std::vector<std::string> cells;
};

/// A table of comma-separated values as in RFC 4180, its first line naming the columns. Fields may
/// be quoted; empty lines are skipped.
class CsvTable {
 public:
  /// @param name  of the file, for messages
  ///
  /// Throws: IoError naming file and line for a row with another number of fields than the header,
  /// a quote that never ends, or no header.
  CsvTable(std::string name, std::string_view text);

  const std::vector<CsvRow>& rows() const { return rows_; }

  /// The place of the first of these columns that there is.
  std::optional<std::size_t> find_column(const std::vector<std::string>& names) const;

  /// The same for a column that must be there. Throws: IoError naming it and those that are there.
  std::size_t column(const std::vector<std::string>& names) const;

  /// The number in a cell. Throws: IoError naming file, line, column and text when it is none or
  /// not finite.
  double number(const CsvRow& row, std::size_t column) const;

  /// "file:line", how every message about a row starts.
  std::string where(const CsvRow& row) const;

 private:
  std::string name_;
  std::vector<std::string> header_;
  std::vector<CsvRow> rows_;
};

}  // namespace gondola::data
