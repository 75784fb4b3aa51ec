#include "gondola/nn/blocks.hpp"

#include <string>

#include "gondola/core/error.hpp"

namespace gondola::nn {

void UnitListImpl::push(std::shared_ptr<UnitImpl> unit) {
  units_.push_back(register_module(std::to_string(units_.size()), std::move(unit)));
}

BottleneckImpl::BottleneckImpl(std::int64_t channels, bool with_shortcut, double expansion,
                               const BlockContext& context)
    : shortcut(with_shortcut) {
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(channels) * expansion);
  cv1 = register_module("cv1", ConvBlock(ConvBlockOptions(channels, hidden, 3), context));
  cv2 = register_module("cv2", ConvBlock(ConvBlockOptions(hidden, channels, 3), context));
}

at::Tensor BottleneckImpl::forward(const at::Tensor& input) {
  const at::Tensor output = cv2->forward(cv1->forward(input));
  return shortcut ? input + output : output;
}

C3kImpl::C3kImpl(std::int64_t channels, bool shortcut, const BlockContext& context) {
  const std::int64_t hidden = channels / 2;
  cv1 = register_module("cv1", ConvBlock(ConvBlockOptions(channels, hidden), context));
  cv2 = register_module("cv2", ConvBlock(ConvBlockOptions(channels, hidden), context));
  cv3 = register_module("cv3", ConvBlock(ConvBlockOptions(2 * hidden, channels), context));
  m = register_module("m", UnitList());
  for (int i = 0; i < 2; ++i) {
    m->push(std::make_shared<BottleneckImpl>(hidden, shortcut, 1.0, context));
  }
}

at::Tensor C3kImpl::forward(const at::Tensor& input) {
  at::Tensor deep = cv1->forward(input);
  for (const auto& unit : m->units()) deep = unit->forward(deep);
  return cv3->forward(at::cat({deep, cv2->forward(input)}, 1));
}

C2fImpl::C2fImpl(const C2fOptions& options, const UnitFactory& make_unit,
                 const BlockContext& context) {
  const auto hidden =
      static_cast<std::int64_t>(static_cast<double>(options.out_channels) * options.expansion);
  cv1 =
      register_module("cv1", ConvBlock(ConvBlockOptions(options.in_channels, 2 * hidden), context));
  cv2 = register_module(
      "cv2",
      ConvBlock(ConvBlockOptions((2 + options.repeats) * hidden, options.out_channels), context));
  m = register_module("m", UnitList());
  for (std::int64_t i = 0; i < options.repeats; ++i) m->push(make_unit(hidden));
}

at::Tensor C2fImpl::forward(const at::Tensor& input) {
  std::vector<at::Tensor> parts = at::chunk(cv1->forward(input), 2, 1);
  for (const auto& unit : m->units()) parts.push_back(unit->forward(parts.back()));
  return cv2->forward(at::cat(parts, 1));
}

C2f make_c2f(const C2fOptions& options, const BlockContext& context) {
  return C2f(
      options,
      [&](std::int64_t channels) {
        return std::make_shared<BottleneckImpl>(channels, options.shortcut, 1.0, context);
      },
      context);
}

C2f make_c3k2(const C2fOptions& options, bool c3k, const BlockContext& context) {
  return C2f(
      options,
      [&](std::int64_t channels) -> std::shared_ptr<UnitImpl> {
        if (c3k) return std::make_shared<C3kImpl>(channels, options.shortcut, context);
        return std::make_shared<BottleneckImpl>(channels, options.shortcut, 0.5, context);
      },
      context);
}

SppfImpl::SppfImpl(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size,
                   const BlockContext& context)
    : kernel(kernel_size) {
  const std::int64_t hidden = in_channels / 2;
  cv1 = register_module("cv1", ConvBlock(ConvBlockOptions(in_channels, hidden), context));
  cv2 = register_module("cv2", ConvBlock(ConvBlockOptions(4 * hidden, out_channels), context));
}

at::Tensor SppfImpl::forward(const at::Tensor& input) {
  std::vector<at::Tensor> parts = {cv1->forward(input)};
  for (int i = 0; i < 3; ++i) {
    parts.push_back(
        at::max_pool2d(parts.back(), {kernel, kernel}, {1, 1}, {kernel / 2, kernel / 2}));
  }
  const at::Tensor joined = at::cat(parts, 1);
  if (observed())
    report(concat("max pool ", kernel, "x", kernel, " three times"), nullptr, joined, 0);
  return cv2->forward(joined);
}

AttentionImpl::AttentionImpl(std::int64_t channels, std::int64_t head_count,
                             const BlockContext& context)
    : heads(head_count), head_channels(channels / head_count), key_channels(head_channels / 2) {
  ConvBlockOptions qkv_options(channels, channels + 2 * key_channels * heads);
  qkv_options.activated = false;
  qkv = register_module("qkv", ConvBlock(qkv_options, context));
  ConvBlockOptions proj_options(channels, channels);
  proj_options.activated = false;
  proj = register_module("proj", ConvBlock(proj_options, context));
  ConvBlockOptions pe_options(channels, channels, 3);
  pe_options.groups = channels;
  pe_options.activated = false;
  pe = register_module("pe", ConvBlock(pe_options, context));
}

at::Tensor AttentionImpl::forward(const at::Tensor& input) {
  const std::int64_t batch = input.size(0);
  const std::int64_t height = input.size(2);
  const std::int64_t width = input.size(3);
  const std::int64_t positions = height * width;
  const std::vector<at::Tensor> parts =
      qkv->forward(input)
          .reshape({batch, heads, 2 * key_channels + head_channels, positions})
          .split_with_sizes({key_channels, key_channels, head_channels}, 2);
  const at::Tensor& query = parts[0];  // [N, heads, key_channels, P]
  const at::Tensor& key = parts[1];
  const at::Tensor value = parts[2];  // [N, heads, head_channels, P]
  const double scale = 1.0 / std::sqrt(static_cast<double>(key_channels));
  const at::Tensor weights =
      at::softmax(at::matmul(query.transpose(-2, -1), key) * scale, -1);  // [N, heads, P, P]
  const at::Tensor mixed = at::matmul(value, weights.transpose(-2, -1))
                               .reshape({batch, heads * head_channels, height, width});
  if (observed()) {
    report("attention", nullptr, mixed,
           batch * heads * positions * positions * (key_channels + head_channels));
  }
  const at::Tensor position_code =
      pe->forward(value.reshape({batch, heads * head_channels, height, width}));
  return proj->forward(mixed + position_code);
}

PsaUnitImpl::PsaUnitImpl(std::int64_t channels, const BlockContext& context) {
  constexpr std::int64_t kHeadChannels = 64;
  attn = register_module("attn", Attention(channels, channels / kHeadChannels, context));
  auto ffn = register_module("ffn", std::make_shared<torch::nn::Module>("ffn"));
  expand = ffn->register_module("0", ConvBlock(ConvBlockOptions(channels, 2 * channels), context));
  ConvBlockOptions project_options(2 * channels, channels);
  project_options.activated = false;
  project = ffn->register_module("1", ConvBlock(project_options, context));
}

at::Tensor PsaUnitImpl::forward(const at::Tensor& input) {
  const at::Tensor attended = input + attn->forward(input);
  return attended + project->forward(expand->forward(attended));
}

C2psaImpl::C2psaImpl(std::int64_t channels, std::int64_t repeats, const BlockContext& context) {
  const std::int64_t hidden = channels / 2;
  cv1 = register_module("cv1", ConvBlock(ConvBlockOptions(channels, 2 * hidden), context));
  cv2 = register_module("cv2", ConvBlock(ConvBlockOptions(2 * hidden, channels), context));
  m = register_module("m", UnitList());
  for (std::int64_t i = 0; i < repeats; ++i)
    m->push(std::make_shared<PsaUnitImpl>(hidden, context));
}

at::Tensor C2psaImpl::forward(const at::Tensor& input) {
  std::vector<at::Tensor> halves = at::chunk(cv1->forward(input), 2, 1);
  for (const auto& unit : m->units()) halves[1] = unit->forward(halves[1]);
  return cv2->forward(at::cat(halves, 1));
}

UpsampleImpl::UpsampleImpl(std::int64_t whole_factor) : factor(whole_factor) {}

at::Tensor UpsampleImpl::forward(const at::Tensor& input) {
  const at::Tensor output = at::upsample_nearest2d(
      input, at::IntArrayRef({input.size(2) * factor, input.size(3) * factor}));
  if (observed()) report(concat("upsample x", factor), nullptr, output, 0);
  return output;
}

at::Tensor ConcatImpl::forward(const std::vector<at::Tensor>& inputs) {
  const at::Tensor output = at::cat(inputs, 1);
  if (observed()) report("concat", nullptr, output, 0);
  return output;
}

}  // namespace gondola::nn
