#include "gondola/train/batch_source.hpp"

#include "gondola/core/error.hpp"

namespace gondola::train {

void check_batch(const Batch& batch, int class_count) {
  const auto bytes = static_cast<std::size_t>(batch.size.width) *
                     static_cast<std::size_t>(batch.size.height) * 3 * batch.count();
  GONDOLA_EXPECTS(batch.count() > 0 && batch.pixels.size() == bytes, "batch of ", batch.count(),
                  " pictures of ", batch.size, " with ", batch.pixels.size(), " bytes of pixels");
  GONDOLA_EXPECTS(batch.sources.size() == batch.count(), "batch of ", batch.count(),
                  " pictures with ", batch.sources.size(), " sources");
  for (const auto& labels : batch.labels) {
    for (const LabelledBox& label : labels) {
      GONDOLA_EXPECTS(label.class_id >= 0 && label.class_id < class_count && is_valid(label.box),
                      "label of class ", label.class_id, " with box ", label.box, " among ",
                      class_count, " classes");
    }
  }
}

}  // namespace gondola::train
