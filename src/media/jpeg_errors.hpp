#pragma once

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

namespace gondola::media {

/// libjpeg's error manager with a place to jump to; `base` is first so that a pointer to it is a
/// pointer to the whole.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf on_error;
  char message[JMSG_LENGTH_MAX];
};

/// For `error_exit`: keeps the message and jumps.
[[noreturn]] inline void fail(j_common_ptr codec) {
  auto* errors = reinterpret_cast<ErrorManager*>(codec->err);
  codec->err->format_message(codec, errors->message);
  std::longjmp(errors->on_error, 1);
}

/// For `output_message`.
inline void print_nothing(j_common_ptr) {}

}  // namespace gondola::media
