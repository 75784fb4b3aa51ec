// The part of LibTorch that Gondola uses. torch/torch.h and torch/nn.h cost 20 s in every source file,
// precompiled or not, because they instantiate templates; these three do not.
#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
