#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gondola/engine/precision.hpp"
#include "gondola/nn/candidates.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::engine {

struct EngineOptions {
  /// Of the network input, in pixels; multiples of the model's largest stride.
  int image_height = 640;
  int image_width = 640;

  Precision precision = Precision::kFloat32;

  /// Threads that share the work of one picture, >= 1; 0 takes the CPUs this process may use.
  int threads = 0;

  /// Numbers of the stages (nn::ModelSpec::stages) whose results are kept for stage_maps(); each
  /// costs a copy of its map.
  std::vector<int> kept_stages;
};

/// What a stage of the network gave for a picture: plain memory, cells row by row.
struct StageMap {
  const float* values = nullptr;
  int height = 0;  ///< cells
  int width = 0;
  std::ptrdiff_t step = 0;    ///< floats from one cell to the next
  std::vector<int> channels;  ///< where in a cell each channel lies
};

/// What one operation of the plan did: the material of `gondola bench`.
struct OperationTime {
  std::string name;  ///< module path, such as `model.4.m.0.cv1`, and what it does
  std::int64_t multiply_adds = 0;
  double milliseconds = 0;
};

/// A trained network compiled once for pictures of one size, then run without allocating.
///
/// Batch norms are folded, activations, biases and skip connections are part of the convolutions,
/// and joins cost nothing: producers write into their part of the joined map. All maps live in one
/// block of memory, placed by lifetime.
///
/// One picture at a time, from one thread at a time: engines share nothing, so threads take one
/// each. The weights are copied; the file is not needed afterwards.
class Engine {
 public:
  /// Throws ConfigError for an image size off the stride and a precision that this CPU lacks (see
  /// precision_problem()), WeightsError when tensors are missing, misshapen or not finite.
  ///
  /// Requires: kept stages that the model has (ContractViolation otherwise).
  Engine(const nn::WeightsFile& weights, const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Takes a picture of image_width x image_height as the network's input.
  ///
  /// @param bgr        first byte of the first row, 3 bytes a pixel: blue, green, red
  /// @param row_bytes  from one row to the next
  void set_picture(const std::uint8_t* bgr, std::ptrdiff_t row_bytes);

  /// Runs the network on the picture, whose memory is used again on the way: one set_picture() for
  /// each run().
  void run();

  /// run(), timing every operation; its sum is a little above run()'s time.
  std::vector<OperationTime> run_timed();

  /// The median time of every operation when it is repeated by itself: what they would take if
  /// nothing stood between them. Spoils the results of the last run.
  std::vector<OperationTime> time_alone(int repeats);

  /// The head's output, finest level first. Valid until the next run().
  const std::vector<nn::LevelLogits>& logits() const;

  /// The results of EngineOptions::kept_stages, in that order. Valid until the next run().
  const std::vector<StageMap>& stage_maps() const;

  /// Memory of all maps, and of the weights as the kernels read them.
  std::size_t map_bytes() const;
  std::size_t weight_bytes() const;

  const EngineOptions& options() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gondola::engine
