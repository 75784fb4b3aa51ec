#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gondola::test {

/// Folder of real data and golden outputs: $GONDOLA_SHARED, else shared/ beside the checkout.
inline std::filesystem::path shared_dir() {
  if (const char* dir = std::getenv("GONDOLA_SHARED")) return dir;
  return std::filesystem::path(GONDOLA_SOURCE_DIR).parent_path() / "shared";
}

inline std::filesystem::path source_dir() { return GONDOLA_SOURCE_DIR; }

/// A new empty folder for one test, removed with everything in it when the object dies.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gondola-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + pattern);
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Reads a raw little-endian binary file of T.
template <typename T>
std::vector<T> read_binary(const std::filesystem::path& path) {
  const std::string bytes = read_text(path);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy_n(bytes.data(), values.size() * sizeof(T), reinterpret_cast<char*>(values.data()));
  return values;
}

}  // namespace gondola::test

/// Skips the test, and says so, when shared/<relative> is not there.
#define GONDOLA_REQUIRE_SHARED(relative)                                          \
  if (!std::filesystem::exists(gondola::test::shared_dir() / (relative)))         \
  GTEST_SKIP() << "needs " << (gondola::test::shared_dir() / (relative)).string() \
               << "; set GONDOLA_SHARED to the folder of shared data"
