#pragma once

#include <memory>
#include <string>

#include "gondola/core/class_names.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/detect/network_runner.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/pipeline/detection_sink.hpp"

namespace gondola::app {

// Two programs are made of this folder. `gondola` starts in a few hundredths of a second, because
// it is linked without LibTorch and without OpenCV's windows and videos, whose libraries take
// longer to load than a picture takes to go through the network. `gondola-torch` has them;
// `gondola` becomes it when it is asked for something that needs them, so that users know one
// program only.
//
// These functions are what differs: with_libtorch.cpp has gondola-torch's, without_libtorch.cpp
// gondola's. The latter also stands in for the commands that only gondola-torch has.

/// Replaces the process by gondola-torch, from the folder of this program, with the same arguments.
/// Returns only in gondola-torch. Throws IoError when it is not there.
///
/// @param asked_for  such as "train" or "detect --device cuda", for the message
void continue_with_libtorch(char** arguments, const std::string& asked_for);

/// Sets LibTorch's number of threads.
void set_libtorch_threads(int threads);

/// detect::make_torch_runner().
std::unique_ptr<detect::NetworkRunner> make_libtorch_runner(const nn::WeightsFile& weights,
                                                            const detect::DetectorOptions& options);

/// Shows pictures on the display.
std::unique_ptr<pipeline::DetectionSink> make_window_sink(const ClassNames& names);

}  // namespace gondola::app
