#include "libav.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "gondola/core/text.hpp"

namespace gondola::media {
namespace {

thread_local std::string* first_error = nullptr;

void keep_first_error(void* /*context*/, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR || first_error == nullptr || !first_error->empty()) return;
  std::array<char, 256> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  *first_error = trim(text.data());
}

}  // namespace

std::string av_reason(int status) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(status, text.data(), text.size());
  return text.data();
}

void AvOptions::set(const char* name, const std::string& value) {
  av_dict_set(&options_, name, value.c_str(), 0);
}

AvErrors::AvErrors() {
  static const bool is_silenced = (av_log_set_callback(keep_first_error), true);
  static_cast<void>(is_silenced);
  first_error = &first_;
}

AvErrors::~AvErrors() { first_error = nullptr; }

}  // namespace gondola::media
