#include "gondola/pipeline/result_stream.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola::pipeline {

ResultStream::ResultStream(std::string path, Mode mode) : path_(std::move(path)) {
  if (path_ == "-") {
    path_ = "standard output";
    stream_ = &std::cout;
  } else if (mode == Mode::kAtomic) {
    atomic_ = std::make_unique<AtomicFile>(path_);
    stream_ = &atomic_->stream();
  } else {
    direct_.open(path_, std::ios::binary);
    if (!direct_) throw IoError(concat("cannot write '", path_, "': ", std::strerror(errno)));
    stream_ = &direct_;
  }
}

void ResultStream::flush() {
  errno = 0;
  if (!stream_->flush()) {
    throw IoError(concat("cannot write '", path_,
                         "': ", errno != 0 ? std::strerror(errno) : "an earlier write failed"));
  }
}

void ResultStream::finish() {
  if (atomic_)
    atomic_->commit();
  else
    flush();
}

}  // namespace gondola::pipeline
