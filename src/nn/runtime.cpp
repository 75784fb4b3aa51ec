#include "gondola/nn/runtime.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include "gondola/core/error.hpp"

namespace gondola::nn {

void set_threads(int threads) {
  GONDOLA_EXPECTS(threads >= 1, "set_threads: threads = ", threads);
  at::set_num_threads(threads);
}

void check_device(const std::string& device) {
  const bool is_cuda = device == "cuda" || device.rfind("cuda:", 0) == 0;
  if (device == "cpu") return;
  if (!is_cuda) {
    throw ConfigError(concat("device '", device, "' is unknown; use cpu, cuda or cuda:N"));
  }
  if (!at::globalContext().hasCUDA()) {
    throw ConfigError(
        concat("device '", device, "': no CUDA GPU that this LibTorch can use; use --device cpu"));
  }
  const std::string number = device.size() > 5 ? device.substr(5) : "0";
  // The one way to count that has the same name in LibTorch 1.13 and in all of 2.x.
  const int count = c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount();
  const bool is_number = !number.empty() && number.size() < 4 &&
                         number.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || std::stoi(number) >= count) {
    throw ConfigError(concat("device '", device, "': this machine has ", count,
                             " CUDA GPUs; use cuda:0 to cuda:", count - 1));
  }
}

}  // namespace gondola::nn
