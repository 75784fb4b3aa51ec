#include "attention.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::engine {
namespace {

const float* pixel_of(const MapView& map, int position) {
  return reinterpret_cast<const float*>(map.row(position / map.width) +
                                        position % map.width * map.pixel_bytes);
}

}  // namespace

Attention::Attention(const Operation& operation, const MapView& qkv, const MapView& code,
                     const MapView& output, const KernelSet& kernels, int threads)
    : operation_(operation),
      qkv_(qkv),
      code_(code),
      output_(output),
      kernels_(kernels),
      threads_(threads) {
  const auto positions = static_cast<std::size_t>(qkv.height * qkv.width);
  for (int i = 0; i < threads; ++i) {
    scratch_.emplace_back((positions + static_cast<std::size_t>(output.channels)) * sizeof(float));
  }
}

void Attention::run(int member) const {
  const AttentionShape& shape = operation_.attention;
  const int positions = qkv_.height * qkv_.width;
  const float scale = 1.0F / std::sqrt(static_cast<float>(shape.key_channels));
  auto* scores = reinterpret_cast<float*>(scratch_[static_cast<std::size_t>(member)].data());
  float* mixed = scores + positions;

  // The result of one position as a map of one pixel, to be stored in the output's type.
  MapView pixel;
  pixel.data = reinterpret_cast<std::byte*>(mixed);
  pixel.height = 1;
  pixel.width = 1;
  pixel.channels = output_.channels;

  const auto first_run = [&](int head, int part) {
    return operation_.input.runs[static_cast<std::size_t>(3 * head + part)].memory;
  };
  for (int query = positions * member / threads_; query < positions * (member + 1) / threads_;
       ++query) {
    std::copy_n(pixel_of(code_, query), output_.channels, mixed);
    for (int head = 0; head < shape.heads; ++head) {
      const float* q = pixel_of(qkv_, query) + first_run(head, 0);
      float largest = -HUGE_VALF;
      for (int key = 0; key < positions; ++key) {
        const float* k = pixel_of(qkv_, key) + first_run(head, 1);
        float sum = 0;
        for (int c = 0; c < shape.key_channels; ++c) sum += q[c] * k[c];
        scores[key] = sum * scale;
        largest = std::max(largest, scores[key]);
      }
      float total = 0;
      for (int key = 0; key < positions; ++key) {
        scores[key] = std::exp(scores[key] - largest);
        total += scores[key];
      }
      float* out = mixed + operation_.output.runs[static_cast<std::size_t>(head)].memory -
                   operation_.output.memory_first();
      for (int key = 0; key < positions; ++key) {
        const float share = scores[key] / total;
        const float* v = pixel_of(qkv_, key) + first_run(head, 2);
        for (int c = 0; c < shape.head_channels; ++c) out[c] += share * v[c];
      }
    }
    MapView to = output_;
    to.data = output_.row(query / output_.width) + query % output_.width * output_.pixel_bytes;
    kernels_.convert(pixel, to, 0, 1);
  }
}

}  // namespace gondola::engine
