#include "exif_orientation.hpp"

#include <memory>
#include <string_view>
#include <vector>

#include <libexif/exif-data.h>
#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {

int exif_orientation(const unsigned char* bytes, std::size_t size) {
  std::vector<unsigned char> block(bytes, bytes + size);
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  // PNG and most WebP files store the block without the prefix that libexif insists on.
  if (text.substr(0, kExifPrefix.size()) != kExifPrefix)
    block.insert(block.begin(), kExifPrefix.begin(), kExifPrefix.end());

  const std::unique_ptr<ExifData, decltype(&exif_data_unref)> exif(
      exif_data_new_from_data(block.data(), static_cast<unsigned>(block.size())), &exif_data_unref);
  if (!exif) return 1;
  const ExifEntry* entry = exif_content_get_entry(exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(exif.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

void apply_orientation(cv::Mat& image, int orientation) {
  GONDOLA_EXPECTS(orientation >= 1 && orientation <= 8, "EXIF orientation is ", orientation);
  constexpr int kVertical = 0;
  constexpr int kHorizontal = 1;
  constexpr int kBoth = -1;
  if (orientation >= 5) {
    cv::Mat transposed;
    cv::transpose(image, transposed);
    image = std::move(transposed);
  }
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(image, image, kHorizontal);
      break;
    case 3:
    case 7:
      cv::flip(image, image, kBoth);
      break;
    case 4:
    case 8:
      cv::flip(image, image, kVertical);
      break;
    default:
      break;
  }
}

}  // namespace gondola::media
