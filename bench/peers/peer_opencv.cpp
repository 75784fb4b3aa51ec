// Times an ONNX file in OpenCV's DNN module: the network alone, random input.

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include "peer.hpp"

namespace {

nlohmann::json measure(const gondola::peers::PeerOptions& options) {
  cv::setNumThreads(options.threads);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(options.model);
  cv::Mat images(std::vector<int>{options.batch, 3, options.size, options.size}, CV_32F);
  cv::randu(images, 0.0, 1.0);
  return to_json(gondola::peers::time_calls(options,
                                            [&] {
                                              net.setInput(images);
                                              net.forward();
                                            }),
                 options);
}

}  // namespace

int main(int argc, char** argv) { return gondola::peers::run_peer(argc, argv, measure); }
