#pragma once

#include <cstdint>

namespace gondola::nn {

enum class ElementType { kFloat32, kBFloat16 };
enum class FusedActivation { kIdentity, kRelu, kLeakyRelu, kSilu, kHardswish };

/// A map as rows of channels: pixel r's channel c is at data + (r * row_stride + c) elements.
struct ChannelRows {
  const void* data = nullptr;
  std::int64_t row_stride = 0;
};

/// What the kernels of one map share. Rows are independent: callers split them among threads.
struct NormedMap {
  ElementType type = ElementType::kFloat32;
  FusedActivation activation = FusedActivation::kIdentity;
  float slope = 0;  ///< leaky_relu's
  std::int64_t channels = 0;
  const float* mean = nullptr;               ///< [channels]
  const float* inverse_deviation = nullptr;  ///< [channels], 1 / sqrt(variance + epsilon)
  const float* scale = nullptr;              ///< [channels], gamma
  const float* shift = nullptr;              ///< [channels], beta
};

/// Adds each channel's sum and sum of squares of rows [first, last) to the totals [channels].
void add_moments(ElementType type, const ChannelRows& input, std::int64_t channels,
                 std::int64_t first, std::int64_t last, double* sums, double* squares);

/// output = activation(scale * (input - mean) * inverse_deviation + shift), rows [first, last).
/// Output rows are `channels` apart.
void normalize_and_activate(const NormedMap& map, const ChannelRows& input, std::int64_t first,
                            std::int64_t last, void* output);

/// Adds, per channel over rows [first, last), the gradients of shift (sum of g) and scale (sum of
/// g * normalised input), where g is the gradient before the activation.
void add_parameter_gradients(const NormedMap& map, const ChannelRows& input,
                             const ChannelRows& output_gradient, std::int64_t first,
                             std::int64_t last, double* shift_gradient, double* scale_gradient);

/// The gradient of the input, rows [first, last), given the means over all rows of g and of
/// g * normalised input (Ioffe and Szegedy 2015, section 3). Rows are `channels` apart.
void input_gradient(const NormedMap& map, const ChannelRows& input,
                    const ChannelRows& output_gradient, const float* mean_gradient,
                    const float* mean_projection, std::int64_t first, std::int64_t last,
                    void* gradient);

}  // namespace gondola::nn
