#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gondola {

/// Base of everything Gondola throws because of the outside world: files, options, devices, data.
///
/// what() is one line a user can act on: what was being done, the thing and its value, what was
/// expected, and the way out where there is one.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A value in a configuration file or an option is wrong. The message starts with file:line if
/// known.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A file, folder or device cannot be opened, read or written.
class IoError : public Error {
 public:
  using Error::Error;
};

/// A weights file is damaged, lies about itself, or does not fit the network.
class WeightsError : public Error {
 public:
  using Error::Error;
};

/// A caller broke a documented requirement: a bug in the calling program, not in its input.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void contract_violated(std::string_view expression, const std::string& message);
}  // namespace detail

/// Joins its arguments through operator<< into one string, for messages.
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

}  // namespace gondola

/// Checks a documented requirement in every build type and throws gondola::ContractViolation with
/// the expression and the message parts. A macro only because the expression itself belongs in the
/// text.
#define GONDOLA_EXPECTS(condition, ...)                                                 \
  do {                                                                                  \
    if (!(condition))                                                                   \
      ::gondola::detail::contract_violated(#condition, ::gondola::concat(__VA_ARGS__)); \
  } while (false)
