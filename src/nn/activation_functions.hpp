#pragma once

#include <ATen/ATen.h>

#include "gondola/nn/activation.hpp"

namespace gondola::nn {

/// Computes an activation element by element, recorded for differentiation where the input is.
///
/// @param slopes  [C] for prelu, else undefined
/// Requires: a spec from make_activation_spec().
at::Tensor apply_activation(const ActivationSpec& spec, const at::Tensor& input,
                            const at::Tensor& slopes);

}  // namespace gondola::nn
