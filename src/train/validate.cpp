#include "gondola/train/validate.hpp"

#include <utility>

#include <c10/core/InferenceMode.h>

#include "gondola/core/nms.hpp"
#include "gondola/nn/candidates.hpp"
#include "gondola/nn/cell_logits.hpp"

namespace gondola::train {
namespace {

// Candidates of one picture of a batch, after NMS, inside the picture.
std::vector<Detection> detections_of(const std::vector<nn::LevelLogits>& levels,
                                     const nn::ModelSpec& spec, Size size,
                                     const ValidationOptions& options) {
  nn::CandidateOptions candidates;
  candidates.class_count = spec.class_count;
  candidates.reg_max = spec.head.reg_max;
  candidates.score_threshold = options.score_threshold;
  candidates.multi_label = true;
  NmsOptions nms_options;
  nms_options.iou_threshold = options.iou_threshold;
  std::vector<Detection> detections = nms(nn::select_candidates(levels, candidates), nms_options);
  for (Detection& detection : detections) detection.box = clip(detection.box, size);
  return detections;
}

}  // namespace

at::Tensor to_input(const Batch& batch) {
  const auto count = static_cast<std::int64_t>(batch.count());
  // Rows of pixels are what "channels last" means: the bytes are used as they lie, and read only.
  auto* bytes = const_cast<std::uint8_t*>(batch.pixels.data());
  return at::from_blob(bytes, {count, batch.size.height, batch.size.width, 3}, at::kByte)
      .permute({0, 3, 1, 2})
      .to(at::kFloat)
      .div_(255);
}

Validation validate(const nn::Network& network, BatchSource& source,
                    const ValidationOptions& options) {
  const c10::InferenceMode inference;
  nn::Network runner = network;  // the same module; a forward pass in this mode changes nothing
  const nn::ModelSpec& spec = network->spec();
  const at::Device device = network->parameters().front().device();
  Validation result;
  std::vector<eval::ImageEvaluation> images;
  std::size_t batches = 0;
  source.start_epoch(0);
  while (std::optional<Batch> batch = source.next()) {
    const std::vector<at::Tensor> logits = runner->forward(to_input(*batch).to(device));
    const DetectionLoss loss = detection_loss(logits, spec.head, batch->labels, options.loss);
    result.loss.box += loss.parts.box;
    result.loss.classification += loss.parts.classification;
    result.loss.dfl += loss.parts.dfl;
    const nn::CellLogits cells(logits, spec.head);
    std::vector<std::vector<Detection>> found;
    for (std::size_t i = 0; i < batch->count(); ++i) {
      found.push_back(
          detections_of(cells.levels(static_cast<std::int64_t>(i)), spec, batch->size, options));
      images.push_back({batch->labels[i], found.back()});
    }
    if (batches++ == 0) {
      result.first_batch = std::move(*batch);
      result.first_detections = std::move(found);
    }
  }
  if (batches > 0) {
    result.loss.box /= static_cast<double>(batches);
    result.loss.classification /= static_cast<double>(batches);
    result.loss.dfl /= static_cast<double>(batches);
  }
  result.evaluation = eval::evaluate(images, spec.class_count);
  return result;
}

}  // namespace gondola::train
