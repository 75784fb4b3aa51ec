#include "gondola/nn/decode.hpp"

namespace gondola::nn {

AnchorPoints make_anchor_points(const std::vector<at::Tensor>& logits,
                                const std::vector<int>& strides) {
  TORCH_CHECK(logits.size() == strides.size() && !logits.empty(),
              "make_anchor_points: ", logits.size(), " levels but ", strides.size(), " strides");
  std::vector<at::Tensor> centers;
  std::vector<at::Tensor> level_strides;
  for (std::size_t level = 0; level < logits.size(); ++level) {
    const std::int64_t height = logits[level].size(2);
    const std::int64_t width = logits[level].size(3);
    const auto options = logits[level].options();
    const at::Tensor y = at::arange(height, options) + 0.5;
    const at::Tensor x = at::arange(width, options) + 0.5;
    centers.push_back(at::stack({x.view({1, width}).expand({height, width}),
                                 y.view({height, 1}).expand({height, width})},
                                -1)
                          .reshape({height * width, 2}));
    level_strides.push_back(at::full({height * width, 1}, strides[level], options));
  }
  return {at::cat(centers), at::cat(level_strides)};
}

at::Tensor decode(const std::vector<at::Tensor>& logits, const HeadSpec& head) {
  TORCH_CHECK(logits.size() == head.strides.size(), "decode: expected ", head.strides.size(),
              " levels, got ", logits.size());
  const std::int64_t bins = head.reg_max;
  std::vector<at::Tensor> flat;
  for (std::size_t level = 0; level < logits.size(); ++level) {
    TORCH_CHECK(logits[level].dim() == 4 && logits[level].size(1) > 4 * bins &&
                    logits[level].size(1) == logits[0].size(1) &&
                    logits[level].size(0) == logits[0].size(0),
                "decode: level ", level, ": expected [", logits[0].size(0),
                ", C, H, W] with C = ", logits[0].size(1), " > ", 4 * bins, " for reg_max = ", bins,
                "; got ", logits[level].sizes());
    flat.push_back(logits[level].flatten(2));
  }
  const AnchorPoints points = make_anchor_points(logits, head.strides);
  const at::Tensor all = at::cat(flat, 2);  // [N, 4 * reg_max + nc, A]
  const std::int64_t batch = all.size(0);
  const std::int64_t cells = all.size(2);
  const at::Tensor bin_values = at::arange(bins, all.options()).view({1, 1, bins, 1});
  const at::Tensor distances =
      (at::softmax(all.narrow(1, 0, 4 * bins).reshape({batch, 4, bins, cells}), 2) * bin_values)
          .sum(2);  // [N, 4, A]: left, top, right, bottom in cells
  const at::Tensor centers = points.centers.t().unsqueeze(0);  // [1, 2, A]
  const at::Tensor top_left = centers - distances.narrow(1, 0, 2);
  const at::Tensor bottom_right = centers + distances.narrow(1, 2, 2);
  const at::Tensor boxes =
      at::cat({(top_left + bottom_right) / 2, bottom_right - top_left}, 1) * points.strides.t();
  const at::Tensor scores = at::sigmoid(all.narrow(1, 4 * bins, all.size(1) - 4 * bins));
  return at::cat({boxes, scores}, 1);
}

}  // namespace gondola::nn
