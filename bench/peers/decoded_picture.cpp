// Writes a picture as the pipelines get it: its rows of BGR bytes, nothing else; prints its size.

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "gondola/core/atomic_file.hpp"
#include "gondola/media/read_image.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PICTURE OUT.bgr\n", argv[0]);
    return 2;
  }
  try {
    const cv::Mat picture = gondola::media::read_image(argv[1]);
    gondola::write_file(argv[2], {picture.ptr<char>(), picture.total() * picture.elemSize()});
    std::cout << "{\"width\":" << picture.cols << ",\"height\":" << picture.rows << "}\n";
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
