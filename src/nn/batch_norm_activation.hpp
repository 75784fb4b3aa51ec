#pragma once

#include <ATen/ATen.h>

#include "gondola/nn/activation.hpp"
#include "gondola/nn/layers.hpp"

namespace gondola::nn {

/// Batch norm over the batch's own statistics and the activation, in one operation for training.
///
/// A training step on a CPU spends a third to a half of its time outside the convolutions, moving
/// activations through memory. Done apart, batch norm and activation read and write each map nine
/// times, forward and backward; together, with the normalised map computed again rather than kept,
/// it is seven, of half the bytes for bfloat16, and one map less stays in memory.
///
/// Differentiable once with respect to input, scale and shift; updates the running statistics.
///
/// @param input  [N, C, H, W]
/// @return the same shape and type, channels last
at::Tensor batch_norm_activation(const at::Tensor& input, BatchNorm2dImpl& norm,
                                 const ActivationSpec& activation);

/// Whether batch_norm_activation() takes such a map: CPU, float32 or bfloat16, more than one value
/// per channel.
bool can_fuse_batch_norm(const at::Tensor& input);

/// Whether it knows the activation: silu, relu, leaky_relu, hardswish, identity.
bool can_fuse_activation(const ActivationSpec& activation);

}  // namespace gondola::nn
