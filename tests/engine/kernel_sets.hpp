#pragma once

#include <string>
#include <vector>

#include "kernel_set.hpp"

namespace gondola::test {

/// The kernel sets that this CPU can run.
inline std::vector<const engine::KernelSet*> usable_kernel_sets() {
  std::vector<const engine::KernelSet*> sets = {&engine::portable_kernels()};
  for (const engine::KernelSet* set :
       {engine::avx2_kernels(), engine::avx512_kernels(), engine::avx512_bfloat16_kernels(),
        engine::avx512_uint8_kernels()}) {
    if (set != nullptr) sets.push_back(set);
  }
  return sets;
}

/// The set's name as a part of a test's name.
inline std::string test_name(const engine::KernelSet& set) {
  std::string name;
  for (const char* c = set.name; *c != '\0'; ++c) {
    if (*c != ' ' && *c != '-') name += *c;
  }
  return name;
}

}  // namespace gondola::test
