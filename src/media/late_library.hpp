#pragma once

#include <dlfcn.h>

#include "gondola/core/error.hpp"

namespace gondola::media {

/// A function by its name in the library's symbol table, which in C++ spells the arguments' types
/// too: a library whose function takes others does not have it. The library stays loaded.
///
/// Throws: IoError when either is not there.
template <typename Function>
Function* load(const char* library, const char* symbol) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void* address = handle != nullptr ? dlsym(handle, symbol) : nullptr;
  if (address == nullptr) {
    throw IoError(concat("OpenCV's ", library, " cannot be used: ", dlerror(),
                         "; install the OpenCV that Gondola was built with"));
  }
  return reinterpret_cast<Function*>(address);
}

}  // namespace gondola::media
