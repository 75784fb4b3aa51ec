#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace gondola::store {

using SqlValue = std::variant<std::int64_t, std::string>;

inline void bind_value(SQLite::Statement& statement, int index, const SqlValue& value) {
  std::visit([&](const auto& held) { statement.bind(index, held); }, value);
}

inline void bind_value(SQLite::Statement& statement, int index, std::optional<double> value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

template <typename Value>
void bind_value(SQLite::Statement& statement, int index, const Value& value) {
  statement.bind(index, value);
}

/// Makes a statement ready for its next use when the scope ends, however it ends: one that has
/// failed or is not at its end would keep a lock.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(SQLite::Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.tryReset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  SQLite::Statement& statement_;
};

/// Binds the values in order of the statement's parameters.
template <typename... Values>
void bind_all(SQLite::Statement& statement, const Values&... values) {
  int index = 0;
  (bind_value(statement, ++index, values), ...);
}

/// Runs a statement that gives no rows.
template <typename... Values>
void run(SQLite::Statement& statement, const Values&... values) {
  const ResetAtEnd reset(statement);
  bind_all(statement, values...);
  statement.exec();
}

/// The whole number that a statement's first row begins with; nullopt when it gives no row.
template <typename... Values>
std::optional<std::int64_t> find_number(SQLite::Statement& statement, const Values&... values) {
  const ResetAtEnd reset(statement);
  bind_all(statement, values...);
  if (!statement.executeStep()) return std::nullopt;
  return statement.getColumn(0).getInt64();
}

/// Reads the columns of a row from left to right.
class RowReader {
 public:
  explicit RowReader(const SQLite::Statement& statement, int first_column = 0)
      : statement_(statement), column_(first_column) {}

  std::int64_t integer64() { return statement_.getColumn(column_++).getInt64(); }
  int integer() { return statement_.getColumn(column_++).getInt(); }
  float real() { return static_cast<float>(statement_.getColumn(column_++).getDouble()); }
  std::string text() { return statement_.getColumn(column_++).getString(); }
  std::optional<double> optional_real() {
    const SQLite::Column value = statement_.getColumn(column_++);
    if (value.isNull()) return std::nullopt;
    return value.getDouble();
  }

 private:
  const SQLite::Statement& statement_;
  int column_;
};

/// Conditions that are joined by AND, with the values of their parameters.
class Conditions {
 public:
  /// `condition` has one parameter.
  void add(const std::string& condition, SqlValue value) {
    append(condition);
    values_.push_back(std::move(value));
  }

  /// Nothing when there are no texts. `condition` ends where a list in brackets follows.
  void add_list(const std::string& condition, const std::vector<std::string>& texts,
                const std::string& end = "") {
    if (texts.empty()) return;
    std::string list;
    for (const std::string& text : texts) {
      list += list.empty() ? "?" : ", ?";
      values_.emplace_back(text);
    }
    append(condition + " (" + list + ")" + end);
  }

  /// "1" when there are none.
  const std::string& sql() const { return sql_; }

  /// Returns the index after the last that it bound.
  int bind(SQLite::Statement& statement, int first_index = 1) const {
    for (const SqlValue& value : values_) bind_value(statement, first_index++, value);
    return first_index;
  }

 private:
  void append(const std::string& condition) { sql_ += " AND " + condition; }

  std::string sql_ = "1";
  std::vector<SqlValue> values_;
};

}  // namespace gondola::store
