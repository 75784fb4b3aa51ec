#pragma once

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace gondola::engine {

/// While it lives, this thread takes numbers below 1e-38 for 0. Units that hardly respond make such
/// numbers, and CPUs compute with them up to a hundred times slower.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushResults | kFlushInputs); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

#if defined(__SSE__)
 private:
  static constexpr unsigned kFlushResults = 0x8000;
  static constexpr unsigned kFlushInputs = 0x0040;
  unsigned before_;
#endif
};

}  // namespace gondola::engine
