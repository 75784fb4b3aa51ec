#include "gondola/nn/network.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/blocks.hpp"

namespace gondola::nn {
namespace {

using StageFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Registers a module as the stage's number and wraps it as a function of the stage's inputs.
template <typename Holder>
StageFunction add_stage(torch::nn::Module& stages, int number, Holder module) {
  stages.register_module(std::to_string(number), module);
  return [module](const std::vector<at::Tensor>& inputs) mutable {
    return module->forward(inputs.front());
  };
}

StageFunction build_stage(torch::nn::Module& stages, int number, const StageSpec& stage,
                          int in_channels, const StageShape& shape, const BlockContext& context) {
  C2fOptions split(in_channels, shape.channels);
  split.repeats = shape.repeats;
  split.shortcut = stage.shortcut;
  split.expansion = stage.expansion;
  switch (stage.block) {
    case BlockKind::kConv:
      return add_stage(
          stages, number,
          ConvBlock(ConvBlockOptions(in_channels, shape.channels, stage.kernel, stage.stride),
                    context));
    case BlockKind::kC2f:
      return add_stage(stages, number, make_c2f(split, context));
    case BlockKind::kC3k2:
      return add_stage(stages, number, make_c3k2(split, stage.c3k, context));
    case BlockKind::kSppf:
      return add_stage(stages, number, Sppf(in_channels, shape.channels, stage.kernel, context));
    case BlockKind::kC2psa:
      return add_stage(stages, number, C2psa(in_channels, shape.repeats, context));
    case BlockKind::kUpsample:
      return add_stage(stages, number, Upsample(stage.factor));
    case BlockKind::kConcat: {
      Concat concat;
      stages.register_module(std::to_string(number), concat);
      return [concat](const std::vector<at::Tensor>& inputs) mutable {
        return concat->forward(inputs);
      };
    }
  }
  TORCH_CHECK(false, "stage ", number, ": unknown block kind");
}

}  // namespace

NetworkImpl::NetworkImpl(ModelSpec spec) : spec_(std::move(spec)) {
  auto stages = register_module("model", std::make_shared<torch::nn::Module>("model"));
  const std::vector<StageShape> shapes = stage_shapes(spec_);
  for (std::size_t i = 0; i < spec_.stages.size(); ++i) {
    const StageSpec& stage = spec_.stages[i];
    const int first = stage.from.front();
    const int in_channels = first < 0 ? 3 : shapes[static_cast<std::size_t>(first)].channels;
    const BlockContext context{spec_.activation_of(stage), spec_.batch_norm_epsilon};
    stages_.push_back({stage.from, build_stage(*stages, static_cast<int>(i), stage, in_channels,
                                               shapes[i], context)});
  }

  DetectHeadOptions head;
  for (const int level : spec_.head.from) {
    head.in_channels.push_back(shapes[static_cast<std::size_t>(level)].channels);
  }
  head.class_count = spec_.class_count;
  head.reg_max = spec_.head.reg_max;
  head.depthwise_class_branch = spec_.head.depthwise_class_branch;
  const BlockContext context{spec_.head_activation(), spec_.batch_norm_epsilon};
  head_ = stages->register_module(std::to_string(spec_.stages.size()), DetectHead(head, context));
}

std::vector<at::Tensor> NetworkImpl::forward(const at::Tensor& images) {
  const int stride = spec_.max_stride();
  TORCH_CHECK(images.dim() == 4 && images.size(1) == 3 && images.size(2) % stride == 0 &&
                  images.size(3) % stride == 0 && images.numel() > 0,
              "network ", spec_.name, ": expected images [N, 3, H, W] with H and W multiples of ",
              stride, "; got ", images.sizes());

  std::vector<at::Tensor> outputs;
  outputs.reserve(stages_.size());
  for (const Stage& stage : stages_) {
    std::vector<at::Tensor> inputs;
    for (const int from : stage.from) {
      inputs.push_back(from < 0 ? images : outputs[static_cast<std::size_t>(from)]);
    }
    outputs.push_back(stage.run(inputs));
  }
  std::vector<at::Tensor> levels;
  for (const int from : spec_.head.from) levels.push_back(outputs[static_cast<std::size_t>(from)]);
  return head_->forward(levels);
}

void NetworkImpl::observe(const LayerObserver& observer) {
  for (const auto& [path, module] : named_modules("", /*include_self=*/false).pairs()) {
    // A convolution inside a ConvBlock is reported by its block, together with the activation.
    const bool inside_block = ends_with(path, ".conv");
    auto* layer = dynamic_cast<Layer*>(module.get());
    if (layer != nullptr && !inside_block) layer->observe(path, observer);
  }
}

void NetworkImpl::fuse() {
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* block = dynamic_cast<ConvBlockImpl*>(module.get())) block->fuse();
  }
}

void initialize_parameters(Network& network, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  at::Generator generator = at::detail::createCPUGenerator(seed);
  for (const auto& module : network->modules(/*include_self=*/false)) {
    auto* conv = dynamic_cast<Conv2dImpl*>(module.get());
    if (conv == nullptr) continue;
    const double fan_in =
        static_cast<double>(conv->weight.numel()) / static_cast<double>(conv->options.out_channels);
    // PyTorch's default for convolutions, kaiming_uniform with a = sqrt(5), comes to this bound.
    const double bound = 1.0 / std::sqrt(fan_in);
    conv->weight.uniform_(-bound, bound, generator);
    if (conv->bias.defined()) conv->bias.uniform_(-bound, bound, generator);
  }

  const ModelSpec& spec = network->spec();
  const auto head = network->named_modules()[concat("model.", spec.stages.size())];
  auto* detect = dynamic_cast<DetectHeadImpl*>(head.get());
  for (std::size_t level = 0; level < detect->box_branches.size(); ++level) {
    // About five objects in a 640-pixel picture, spread over the classes and this level's cells.
    const double cells = std::pow(640.0 / spec.head.strides[level], 2);
    detect->box_branches[level].last->bias.fill_(1.0);
    detect->class_branches[level].last->bias.fill_(std::log(5.0 / spec.class_count / cells));
  }
}

}  // namespace gondola::nn
