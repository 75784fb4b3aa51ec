#include "gondola/nn/head.hpp"

#include <algorithm>
#include <string>

namespace gondola::nn {
namespace {

// Registers a branch's modules as `0`, `1`, ... below the given parent.
class BranchBuilder {
 public:
  BranchBuilder(std::shared_ptr<torch::nn::Module> parent, const BlockContext& context)
      : parent_(std::move(parent)), context_(context) {}

  void block(const ConvBlockOptions& options) {
    branch_.blocks.push_back(parent_->register_module(next_name(), ConvBlock(options, context_)));
  }

  // Two blocks that count as one child: a depthwise 3x3 and a 1x1 across the channels.
  void separable(std::int64_t in, std::int64_t out) {
    auto pair = parent_->register_module(next_name(), std::make_shared<torch::nn::Module>("pair"));
    ConvBlockOptions depthwise(in, in, 3);
    depthwise.groups = in;
    branch_.blocks.push_back(pair->register_module("0", ConvBlock(depthwise, context_)));
    branch_.blocks.push_back(
        pair->register_module("1", ConvBlock(ConvBlockOptions(in, out), context_)));
  }

  DetectHeadImpl::Branch finish(std::int64_t in, std::int64_t out) {
    branch_.last = parent_->register_module(next_name(), Conv2d(Conv2dOptions(in, out, 1)));
    return std::move(branch_);
  }

 private:
  std::string next_name() { return std::to_string(next_++); }

  std::shared_ptr<torch::nn::Module> parent_;
  const BlockContext& context_;
  DetectHeadImpl::Branch branch_;
  int next_ = 0;
};

}  // namespace

at::Tensor DetectHeadImpl::Branch::forward(const at::Tensor& input) {
  at::Tensor output = input;
  for (ConvBlock& block : blocks) output = block->forward(output);
  return last->forward(output);
}

DetectHeadImpl::DetectHeadImpl(const DetectHeadOptions& head_options, const BlockContext& context)
    : options(head_options) {
  auto boxes = register_module("cv2", std::make_shared<torch::nn::Module>("cv2"));
  auto classes = register_module("cv3", std::make_shared<torch::nn::Module>("cv3"));
  // Both widths follow the finest level, so that all levels see equally wide branches.
  const std::int64_t finest = options.in_channels.front();
  const std::int64_t box_outputs = 4 * static_cast<std::int64_t>(options.reg_max);
  const std::int64_t box_width = std::max({std::int64_t{16}, finest / 4, box_outputs});
  const std::int64_t class_width =
      std::max(finest, std::min<std::int64_t>(options.class_count, 100));

  for (std::size_t level = 0; level < options.in_channels.size(); ++level) {
    const std::int64_t in = options.in_channels[level];
    const std::string name = std::to_string(level);

    BranchBuilder box(boxes->register_module(name, std::make_shared<torch::nn::Module>(name)),
                      context);
    box.block(ConvBlockOptions(in, box_width, 3));
    box.block(ConvBlockOptions(box_width, box_width, 3));
    box_branches.push_back(box.finish(box_width, box_outputs));

    BranchBuilder cls(classes->register_module(name, std::make_shared<torch::nn::Module>(name)),
                      context);
    if (options.depthwise_class_branch) {
      cls.separable(in, class_width);
      cls.separable(class_width, class_width);
    } else {
      cls.block(ConvBlockOptions(in, class_width, 3));
      cls.block(ConvBlockOptions(class_width, class_width, 3));
    }
    class_branches.push_back(cls.finish(class_width, options.class_count));
  }
}

std::vector<at::Tensor> DetectHeadImpl::forward(const std::vector<at::Tensor>& levels) {
  std::vector<at::Tensor> logits;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    logits.push_back(at::cat(
        {box_branches[level].forward(levels[level]), class_branches[level].forward(levels[level])},
        1));
  }
  return logits;
}

}  // namespace gondola::nn
