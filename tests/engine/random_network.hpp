#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gondola/nn/candidates.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::test {

/// One of configs/models/ with a number of classes and an activation of its own.
nn::ModelSpec builtin_spec(const std::string& name, int class_count,
                           const nn::ActivationSpec& activation = {});

/// A network whose signal neither dies nor explodes on its way: convolutions after He et al. 2015,
/// batch norms with statistics and shifts of their own, prelu slopes from -0.5 to 1.5.
nn::WeightsFile random_network(const nn::ModelSpec& spec, std::uint64_t seed);

/// height x width x 3 bytes: coarse patches of colour under fine noise.
std::vector<std::uint8_t> random_picture(int height, int width, std::uint64_t seed);

/// An engine's logits in the order of reference_logits().
std::vector<double> flattened(const std::vector<nn::LevelLogits>& levels,
                              const nn::ModelSpec& spec);

/// Of equally many numbers. Root mean square and largest size of what differs.
double root_mean_square_difference(const std::vector<double>& a, const std::vector<double>& b);
double largest_difference(const std::vector<double>& a, const std::vector<double>& b);
double largest_size(const std::vector<double>& values);

}  // namespace gondola::test
