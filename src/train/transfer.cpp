#include "gondola/train/transfer.hpp"

#include "gondola/core/error.hpp"

namespace gondola::train {

TransferReport transfer_weights(nn::Network& network, const nn::NamedTensors& weights,
                                const std::string& source_name) {
  const at::NoGradGuard no_grad;
  TransferReport report;
  const auto copy = [&](const std::string& name, at::Tensor target) {
    ++report.total;
    const nn::TensorData* data = weights.find(name);
    if (data == nullptr) {
      report.skipped.push_back(concat(name, ": not in ", source_name));
    } else if (at::IntArrayRef(data->shape) != target.sizes()) {
      report.skipped.push_back(concat(name, ": ", nn::to_string(data->shape), " there, ",
                                      nn::to_string(target.sizes().vec()), " here"));
    } else {
      target.copy_(nn::to_tensor(*data));
      ++report.kept;
    }
  };
  for (const auto& item : network->named_parameters()) copy(item.key(), item.value());
  for (const auto& item : network->named_buffers()) copy(item.key(), item.value());
  if (report.kept == 0) {
    throw WeightsError(concat(source_name, ": none of its tensors fits network ",
                              network->spec().name, "; start without --weights"));
  }
  return report;
}

}  // namespace gondola::train
