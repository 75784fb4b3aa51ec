#include "gondola/nn/load_network.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/quantization.hpp"

namespace gondola::nn {
namespace {

// Names of tensors that are wrong in one way: all are counted, the first few told.
class NameList {
 public:
  void add(std::string name) {
    ++count_;
    if (names_.size() < 3) names_.push_back(std::move(name));
  }
  std::size_t count() const { return count_; }
  std::string text(const std::string& fault) const {
    return concat(count_, " ", fault, " (", join(names_, ", "), count_ > 3 ? ", ...)" : ")");
  }

 private:
  std::vector<std::string> names_;
  std::size_t count_ = 0;
};

// Every type by both its names.
constexpr std::array kTypes = {
    std::pair{DType::kF64, at::kDouble}, std::pair{DType::kF32, at::kFloat},
    std::pair{DType::kF16, at::kHalf},   std::pair{DType::kBF16, at::kBFloat16},
    std::pair{DType::kI64, at::kLong},   std::pair{DType::kI32, at::kInt},
    std::pair{DType::kI16, at::kShort},  std::pair{DType::kI8, at::kChar},
    std::pair{DType::kU8, at::kByte},    std::pair{DType::kBool, at::kBool},
};

at::ScalarType scalar_type(DType dtype) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& type) { return type.first == dtype; });
  return found->second;
}

DType dtype_of(at::ScalarType type) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& known) { return known.second == type; });
  GONDOLA_EXPECTS(found != kTypes.end(), "tensors of type ", type, " have no place in a file");
  return found->first;
}

// Parameters, then buffers, in the order of the modules.
template <typename Visit>
void visit_tensors(const Network& network, const Visit& visit) {
  for (const auto& item : network->named_parameters()) visit(item.key(), item.value());
  for (const auto& item : network->named_buffers()) visit(item.key(), item.value());
}

}  // namespace

// File mappings need not be aligned, so the bytes are copied, not viewed.
at::Tensor to_tensor(const TensorData& data) {
  at::Tensor tensor = at::empty(data.shape, at::TensorOptions().dtype(scalar_type(data.dtype)));
  if (data.byte_size() > 0) std::memcpy(tensor.data_ptr(), data.data.get(), data.byte_size());
  return tensor;
}

TensorData to_tensor_data(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kCPU).contiguous();
  std::vector<std::byte> bytes(flat.nbytes());
  if (!bytes.empty()) std::memcpy(bytes.data(), flat.data_ptr(), bytes.size());
  return make_tensor(dtype_of(flat.scalar_type()), flat.sizes().vec(), std::move(bytes));
}

void load_tensors(Network& network, const NamedTensors& tensors, const std::string& source_name) {
  const at::NoGradGuard no_grad;
  NameList missing;
  NameList misshapen;
  NameList non_finite;
  std::size_t used = 0;
  visit_tensors(network, [&](const std::string& name, const at::Tensor& target) {
    const TensorData* data = tensors.find(name);
    if (data == nullptr) return missing.add(name);
    ++used;
    if (at::IntArrayRef(data->shape) != target.sizes()) {
      return misshapen.add(
          concat(name, " is ", to_string(data->shape), ", not ", to_string(target.sizes().vec())));
    }
    target.copy_(to_tensor(*data));
    if (!at::isfinite(target).all().item<bool>()) non_finite.add(name);
  });
  NameList unexpected;
  if (used != tensors.size()) {
    const auto parameters = network->named_parameters();
    const auto buffers = network->named_buffers();
    for (const auto& [name, tensor] : tensors) {
      if (!parameters.contains(name) && !buffers.contains(name)) unexpected.add(name);
    }
  }

  std::vector<std::string> faults;
  if (missing.count() != 0) faults.push_back(missing.text("missing"));
  if (unexpected.count() != 0) faults.push_back(unexpected.text("unexpected"));
  if (misshapen.count() != 0) faults.push_back(misshapen.text("of another shape"));
  if (non_finite.count() != 0) faults.push_back(non_finite.text("with NaN or infinite values"));
  if (!faults.empty()) {
    throw WeightsError(concat(source_name, ": tensors do not fit network ", network->spec().name,
                              ": ", join(faults, "; ")));
  }
}

NamedTensors extract_tensors(const Network& network) {
  NamedTensors tensors;
  visit_tensors(network, [&](const std::string& name, const at::Tensor& tensor) {
    static_cast<void>(tensors.add(name, to_tensor_data(tensor.to(at::kFloat))));
  });
  return tensors;
}

namespace {

// The tensors of a quantised file, whose batch norms are folded in, as those of the network as it
// is defined: each folded bias becomes that of a batch norm that changes nothing else.
NamedTensors unfolded(const NamedTensors& folded, double batch_norm_epsilon) {
  NamedTensors tensors;
  const auto add = [&](const std::string& name, const TensorData& tensor) {
    static_cast<void>(tensors.add(name, tensor));
  };
  const auto scale = static_cast<float>(std::sqrt(1 + batch_norm_epsilon));
  for (const auto& [name, tensor] : folded) {
    constexpr std::string_view kFoldedBias = ".conv.bias";
    if (ends_with(name, ".input_scale")) continue;
    if (!ends_with(name, kFoldedBias)) {
      add(name, tensor);
      continue;
    }
    const std::string norm = name.substr(0, name.size() - kFoldedBias.size()) + ".bn.";
    const auto filled = [&, count = tensor.element_count()](float value) {
      return make_float32(tensor.shape, std::vector<float>(count, value));
    };
    add(norm + "weight", filled(scale));
    add(norm + "bias", tensor);
    add(norm + "running_mean", filled(0));
    add(norm + "running_var", filled(1));
  }
  return tensors;
}

}  // namespace

Network build_network(const WeightsFile& weights, const std::string& source_name) {
  Network network(weights.description.spec);
  if (weights.tensors.empty()) {
    initialize_parameters(network, /*seed=*/0);
  } else {
    load_tensors(network,
                 weights.quantization
                     ? unfolded(weights.tensors, weights.description.spec.batch_norm_epsilon)
                     : weights.tensors,
                 source_name);
  }
  network->eval();
  return network;
}

}  // namespace gondola::nn
