#pragma once

#include <string>

#include "gondola/nn/network.hpp"

namespace gondola::test {

/// A detector of a few thousand weights with strides 8 and 16, so that tests train in seconds.
inline nn::ModelSpec tiny_spec(const std::string& activation = "silu") {
  return nn::parse_model_spec(
      "name: tiny\n"
      "classes: [round, square]\n"
      "scale: {depth: 1, width: 1, max_channels: 64}\n"
      "activation: " +
          activation +
          "\n"
          "backbone:\n"
          "  - {block: conv, channels: 8, stride: 2}\n"
          "  - {block: conv, channels: 16, stride: 2}\n"
          "  - {block: c2f, channels: 16, repeats: 1, shortcut: true}\n"
          "  - {block: conv, id: p3, channels: 24, stride: 2}\n"
          "  - {block: conv, id: p4, channels: 32, stride: 2}\n"
          "neck:\n"
          "  - {block: upsample, factor: 2}\n"
          "  - {block: concat, from: [previous, p3]}\n"
          "  - {block: c2f, id: out8, channels: 24, repeats: 1}\n"
          "head:\n"
          "  from: [out8, p4]\n"
          "  strides: [8, 16]\n"
          "  reg_max: 8\n",
      "tiny.yaml");
}

inline nn::Network tiny_network(std::uint64_t seed = 1, const std::string& activation = "silu") {
  nn::Network network(tiny_spec(activation));
  nn::initialize_parameters(network, seed);
  return network;
}

inline bool same_tensors(const nn::Network& a, const nn::Network& b) {
  const auto a_parameters = a->parameters();
  const auto b_parameters = b->parameters();
  for (std::size_t i = 0; i < a_parameters.size(); ++i) {
    if (!at::equal(a_parameters[i], b_parameters[i])) return false;
  }
  const auto a_buffers = a->buffers();
  const auto b_buffers = b->buffers();
  for (std::size_t i = 0; i < a_buffers.size(); ++i) {
    if (!at::equal(a_buffers[i], b_buffers[i])) return false;
  }
  return true;
}

}  // namespace gondola::test
