#pragma once

#include <string>

namespace gondola::nn {

/// Sets how many threads LibTorch uses for one operation, for the whole process. Debian's LibTorch
/// starts with one. Requires: threads >= 1.
void set_threads(int threads);

/// Checks a device name (`cpu`, `cuda`, `cuda:N`) against what this LibTorch and machine have.
/// Throws ConfigError saying what is there.
void check_device(const std::string& device);

}  // namespace gondola::nn
