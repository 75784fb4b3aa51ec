#include "gondola/train/process_group.hpp"

#include <chrono>
#include <string>

// LibTorch says whether it has Gloo; our build, whether Gloo's headers are there, too.
#if defined(USE_C10D_GLOO) && defined(GONDOLA_HAS_GLOO_HEADERS)
#define GONDOLA_WITH_GLOO
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

namespace gondola::train {

#ifdef GONDOLA_WITH_GLOO

namespace {

// Long enough for any validation that the first process makes while the others wait. A process that
// ends is noticed at once, by its closed connections.
constexpr std::chrono::hours kPatience{24 * 7};

c10::intrusive_ptr<c10d::ProcessGroupGloo::Options> gloo_options() {
  auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
  options->devices = {c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")};
  options->threads = 1;
  return options;
}

// Gloo speaks of sockets and lines of its sources; what a user can act on is that a process ended.
template <typename Work>
void with_peers(const Work& work) {
  try {
    work();
  } catch (const std::exception& error) {
    const std::string what = error.what();
    throw PeerLost(concat("another process of this training has ended (",
                          what.substr(0, what.find('\n')), ")"));
  }
}

}  // namespace

class ProcessGroup::Impl {
 public:
  Impl(const std::filesystem::path& meeting, int rank, int size) {
    const auto store = c10::make_intrusive<c10d::FileStore>(meeting.string(), size);
    store->setTimeout(kPatience);
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, gloo_options());
  }

  void sum(const at::Tensor& buffer) {
    std::vector<at::Tensor> buffers = {buffer};
    group_->allreduce(buffers)->wait();
  }

 private:
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

ProcessGroup::ProcessGroup(const std::filesystem::path& meeting, int rank, int size)
    : rank_(rank), size_(size) {
  GONDOLA_EXPECTS(0 <= rank && rank < size, "ProcessGroup: rank ", rank, " of ", size);
  with_peers([&] { impl_ = std::make_unique<Impl>(meeting, rank, size); });
}

void ProcessGroup::sum(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty()) return;
  const at::NoGradGuard no_grad;
  std::int64_t total = 0;
  for (const at::Tensor& tensor : tensors) total += tensor.numel();
  // One buffer for all, since each message costs as much as thousands of numbers.
  const at::Tensor buffer = at::empty({total}, at::device(at::kCPU).dtype(tensors[0].dtype()));
  std::vector<at::Tensor> places;
  std::int64_t offset = 0;
  for (const at::Tensor& tensor : tensors) {
    places.push_back(buffer.narrow(0, offset, tensor.numel()).view(tensor.sizes()));
    places.back().copy_(tensor);
    offset += tensor.numel();
  }
  with_peers([&] { impl_->sum(buffer); });
  for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].copy_(places[i]);
}

void check_process_groups() {}

#else

class ProcessGroup::Impl {};

ProcessGroup::ProcessGroup(const std::filesystem::path& /*meeting*/, int rank, int size)
    : rank_(rank), size_(size) {
  check_process_groups();
}

void ProcessGroup::sum(const std::vector<at::Tensor>& /*tensors*/) { check_process_groups(); }

void check_process_groups() {
  throw ConfigError(
      "training in several processes: this gondola was built without Gloo's headers; install "
      "libgloo-dev and build again, or train in one process");
}

#endif

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::sum(std::vector<double>& numbers) {
  sum({at::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, at::kDouble)});
}

}  // namespace gondola::train
