// Detects on one picture: embed MODEL PICTURE
#include <iostream>

#include <gondola/detect/detector.hpp>
#include <gondola/media/read_image.hpp>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const gondola::detect::Detector detector(argv[1]);
  for (const gondola::Detection& found : detector.detect(gondola::media::read_image(argv[2]))) {
    std::cout << detector.class_names().name(found.class_id) << ' ' << found.score << ' '
              << found.box << '\n';
  }
}
