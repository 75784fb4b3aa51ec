#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aligned_buffer.hpp"
#include "gondola/engine/precision.hpp"
#include "gondola/nn/quantization.hpp"
#include "graph.hpp"
#include "kernel_set.hpp"

namespace gondola::engine {

struct PlanOptions {
  Precision precision = Precision::kFloat32;
  int threads = 1;
  /// Required for kInt8.
  const nn::Quantization* quantization = nullptr;
};

/// One part of the work, after which all members meet.
struct Step {
  std::string name;
  std::int64_t multiply_adds = 0;
  MapView output;  ///< valid until a later step takes its memory
  std::function<void(int member)> run;
};

/// A graph with kernels chosen, weights packed and maps placed in one block of memory.
struct Plan {
  AlignedBuffer memory;
  MapView input;  ///< 4 channels
  /// Restores the zeros around the picture, which maps that share its memory overwrite.
  std::function<void()> clear_input_border;
  std::vector<Step> steps;
  struct Level {
    MapView boxes;
    MapView classes;
    int stride = 0;
  };
  std::vector<Level> levels;
  std::vector<MapView> kept;  ///< Graph::kept as float32, without a border
  std::size_t weight_bytes = 0;
};

/// Throws WeightsError when the quantisation lacks a tensor.
Plan make_plan(const Graph& graph, const PlanOptions& options);

/// The kernels that read a type of map on this CPU; null when it cannot.
const KernelSet* kernels_for(MapType input);

/// The best kernels for what works on every type.
const KernelSet& general_kernels();

}  // namespace gondola::engine
