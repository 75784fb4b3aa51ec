#include "csv_table.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

/// Cuts text into rows of fields.
class CsvReader {
 public:
  CsvReader(const std::string& name, std::string_view text) : name_(name), text_(text) {}

  bool at_end() const { return at_ == text_.size(); }

  CsvRow next() {
    CsvRow row;
    row.line = line_;
    do {
      row.cells.push_back(field());
    } while (take(','));
    take('\r');
    if (!take('\n') && !at_end()) {
      throw IoError(concat(name_, ':', line_, ": unexpected '", printable(text_.substr(at_, 1)),
                           "' after a quoted field; expected a comma"));
    }
    ++line_;
    return row;
  }

 private:
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    if (take('"')) return quoted_field();
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    const std::string_view field = trim(text_.substr(at_, end - at_));
    at_ = end;
    return std::string(field);
  }

  std::string quoted_field() {
    const std::size_t first_line = line_;
    std::string field;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '"' && !take('"')) return field;
      if (c == '\n') ++line_;
      field += c;
    }
    throw IoError(concat(name_, ':', first_line, ": a quoted field does not end"));
  }

  const std::string& name_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

bool is_blank(const CsvRow& row) { return row.cells.size() == 1 && row.cells.front().empty(); }

}  // namespace

CsvTable::CsvTable(std::string name, std::string_view text) : name_(std::move(name)) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  CsvReader reader(name_, text);
  while (!reader.at_end()) {
    CsvRow row = reader.next();
    if (is_blank(row)) continue;
    if (header_.empty()) {
      header_ = std::move(row.cells);
      continue;
    }
    if (row.cells.size() != header_.size()) {
      throw IoError(concat(where(row), ": ", row.cells.size(), " fields, but the header has ",
                           header_.size(), " (", printable(join(header_, ",")), ")"));
    }
    rows_.push_back(std::move(row));
  }
  if (header_.empty()) throw IoError(concat(name_, ": the file is empty"));
}

std::optional<std::size_t> CsvTable::find_column(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found != header_.end()) return static_cast<std::size_t>(found - header_.begin());
  }
  return std::nullopt;
}

std::size_t CsvTable::column(const std::vector<std::string>& names) const {
  if (const auto found = find_column(names)) return *found;
  throw IoError(concat(name_, ":1: there is no column ", join(names, " or "), " among ",
                       printable(join(header_, ", "), 200)));
}

double CsvTable::number(const CsvRow& row, std::size_t column) const {
  const std::string& text = row.cells[column];
  const std::optional<double> value = parse_number<double>(text);
  if (!value || !std::isfinite(*value)) {
    throw IoError(concat(where(row), ": ", header_[column], " is '", printable(text),
                         "'; expected a number"));
  }
  return *value;
}

std::string CsvTable::where(const CsvRow& row) const { return concat(name_, ':', row.line); }

}  // namespace gondola::data
