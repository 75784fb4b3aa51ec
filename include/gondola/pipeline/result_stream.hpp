#pragma once

#include <fstream>
#include <memory>
#include <ostream>
#include <string>

#include "gondola/core/atomic_file.hpp"

namespace gondola::pipeline {

/// Where a result file goes.
class ResultStream {
 public:
  enum class Mode {
    kAtomic,  ///< under its name once finished
    kDirect   ///< under its name from the start
  };

  /// "-" is standard output. Throws: IoError when the file cannot be opened.
  ResultStream(std::string path, Mode mode);
  ResultStream(const ResultStream&) = delete;
  ResultStream& operator=(const ResultStream&) = delete;

  std::ostream& stream() { return *stream_; }

  /// Throws: IoError when anything written so far is lost, such as on a full disk.
  void flush();

  /// Flushes and puts the file in its place.
  void finish();

 private:
  std::string path_;
  std::unique_ptr<AtomicFile> atomic_;
  std::ofstream direct_;
  std::ostream* stream_;
};

}  // namespace gondola::pipeline
