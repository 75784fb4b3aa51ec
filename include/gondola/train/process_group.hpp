#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include "gondola/core/error.hpp"

namespace gondola::train {

/// Another process of the group has ended: what this one does can lead nowhere.
class PeerLost : public Error {
 public:
  using Error::Error;
};

/// The processes of one machine that train a network together, each on its part of every batch.
///
/// Every process has to make the same calls in the same order; each call waits until all have made
/// it. Used by one thread at a time.
class ProcessGroup {
 public:
  /// Meets the others; waits until all have come.
  ///
  /// LibTorch's Gloo group over the loopback interface. Tensors on a GPU are copied over the CPU.
  ///
  /// @param meeting  a file in a folder that exists, the same for all; used up by one meeting
  /// @param rank     number of this process, 0 <= rank < size
  /// Throws: ConfigError as check_process_groups(); PeerLost when the others do not come.
  ProcessGroup(const std::filesystem::path& meeting, int rank, int size);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// The one that reports and writes files.
  bool is_first() const { return rank_ == 0; }

  /// Replaces each tensor by its sum over all processes: bit by bit the same in each of them.
  ///
  /// @param tensors  of one type, float32 or float64; the same shapes in every process
  /// Throws PeerLost.
  void sum(const std::vector<at::Tensor>& tensors);

  /// The same for plain numbers.
  void sum(std::vector<double>& numbers);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  int rank_;
  int size_;
};

/// Throws ConfigError, saying what is missing, in a build whose ProcessGroup cannot be used.
void check_process_groups();

}  // namespace gondola::train
