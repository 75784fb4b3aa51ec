#include "gondola/data/batch_loader.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"
#include "gondola/data/random.hpp"
#include "gondola/data/sampler.hpp"
#include "gondola/media/letterbox_image.hpp"
#include "gondola/media/read_image.hpp"
#include "picture_store.hpp"

namespace gondola::data {
namespace {

/// What the network's strides divide.
constexpr int kStride = 32;

/// Streams of the loader's seed beside those of the samples.
constexpr std::uint64_t kOrder = 0x6F72646572;
constexpr std::uint64_t kSides = 0x7369646573;

std::size_t bytes_of(Size size) {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
}

/// Makes the batches of any epoch. Thread-safe; what is made depends on its arguments alone.
class BatchMaker {
 public:
  BatchMaker(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options)
      : dataset_(std::move(dataset)), options_(options) {}
  virtual ~BatchMaker() = default;
  BatchMaker(const BatchMaker&) = delete;
  BatchMaker& operator=(const BatchMaker&) = delete;

  std::size_t batches() const {
    return (dataset_->images.size() + options_.batch_size - 1) / options_.batch_size;
  }

  /// The images of an epoch in the order they come in.
  virtual std::vector<std::size_t> order(int epoch) const = 0;

  /// @param is_wanted  asked between pictures; once false, whatever is returned will be dropped
  template <typename Wanted>
  train::Batch make(int epoch, std::size_t number, const std::vector<std::size_t>& order,
                    const Wanted& is_wanted) {
    const std::size_t batch_begin = number * options_.batch_size;
    const std::size_t batch_count = std::min(options_.batch_size, order.size() - batch_begin);
    const auto part = static_cast<std::size_t>(options_.part);
    const auto parts = static_cast<std::size_t>(options_.parts);
    const std::size_t begin = batch_begin + batch_count * part / parts;
    const std::size_t count = batch_begin + batch_count * (part + 1) / parts - begin;
    const int side = side_of(epoch, number);
    train::Batch batch;
    batch.size = {side, side};
    batch.pixels.resize(count * bytes_of(batch.size));
    for (std::size_t i = 0; i < count && is_wanted(); ++i) {
      const std::size_t image = order[begin + i];
      cv::Mat into(side, side, CV_8UC3, batch.pixels.data() + i * bytes_of(batch.size));
      batch.labels.push_back(draw(epoch, image, into));
      batch.sources.push_back(dataset_->images[image].path);
    }
    return batch;
  }

  virtual std::vector<Issue> take_issues() = 0;

 protected:
  const Dataset& dataset() const { return *dataset_; }
  const LoaderOptions& options() const { return options_; }

 private:
  virtual int side_of(int epoch, std::size_t batch) const = 0;
  virtual std::vector<LabelledBox> draw(int epoch, std::size_t image, cv::Mat& into) = 0;

  std::shared_ptr<const Dataset> dataset_;
  LoaderOptions options_;
};

class TrainingMaker : public BatchMaker {
 public:
  TrainingMaker(const std::shared_ptr<const Dataset>& dataset, const LoaderOptions& options,
                const AugmentOptions& augment)
      : BatchMaker(dataset, options),
        augment_(augment),
        sampler_(dataset, {augment, options.image_size, options.cache_bytes, options.seed}) {}

  std::vector<std::size_t> order(int epoch) const override {
    std::vector<std::size_t> order(dataset().images.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // std::shuffle draws its numbers as each library likes.
    Random random(options().seed, kOrder, static_cast<std::uint64_t>(epoch));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.index(i)]);
    return order;
  }

  std::vector<Issue> take_issues() override { return sampler_.take_issues(); }

 private:
  int side_of(int epoch, std::size_t batch) const override {
    const double share = options().multi_scale;
    if (share == 0) return options().image_size;
    const double steps = static_cast<double>(options().image_size) / kStride;
    const int least = std::max(1, static_cast<int>(std::ceil(steps * (1 - share) - 1e-9)));
    const int most = static_cast<int>(std::floor(steps * (1 + share) + 1e-9));
    Random random(Random(options().seed, kSides).bits(), static_cast<std::uint64_t>(epoch), batch);
    return kStride * random.integer(least, std::max(least, most));
  }

  std::vector<LabelledBox> draw(int epoch, std::size_t image, cv::Mat& into) override {
    const bool is_closed =
        options().epochs > 0 && epoch >= options().epochs - augment_.close_mosaic;
    return sampler_.make({epoch, image, !is_closed}, into);
  }

  AugmentOptions augment_;
  Sampler sampler_;
};

class ValidationMaker : public BatchMaker {
 public:
  ValidationMaker(const std::shared_ptr<const Dataset>& dataset, const LoaderOptions& options)
      : BatchMaker(dataset, options), pictures_(dataset, 0, 0) {}

  std::vector<std::size_t> order(int /*epoch*/) const override {
    std::vector<std::size_t> order(dataset().images.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
  }

  std::vector<Issue> take_issues() override { return pictures_.take_issues(); }

 private:
  int side_of(int /*epoch*/, std::size_t /*batch*/) const override { return options().image_size; }

  std::vector<LabelledBox> draw(int /*epoch*/, std::size_t image, cv::Mat& into) override {
    const auto rgb = pictures_.try_get(image);
    if (!rgb) {
      into.setTo(cv::Scalar::all(114));
      return {};
    }
    // Scaling treats channels alike, so RGB in gives RGB out.
    const LetterboxTransform transform = media::letterbox_image(*rgb, {into.cols, into.rows}, into);
    std::vector<LabelledBox> labels;
    for (LabelledBox label : dataset().images[image].labels) {
      label.box = clip(transform.to_input(label.box), transform.input);
      label.area *= transform.gain * transform.gain;
      if (is_valid(label.box)) labels.push_back(label);
    }
    return labels;
  }

  PictureStore pictures_;
};

}  // namespace

void validate(const LoaderOptions& options) {
  const auto check = [](const char* name, double value, double least, double most,
                        const char* expected) {
    if (!(value >= least && value <= most))
      throw ConfigError(concat(name, " = ", value, "; expected ", expected));
  };
  if (options.image_size < kStride || options.image_size > 8192 ||
      options.image_size % kStride != 0) {
    throw ConfigError(
        concat("image_size = ", options.image_size, "; expected a multiple of 32 from 32 to 8192"));
  }
  check("batch_size", static_cast<double>(options.batch_size), 1, 65536,
        "a whole number from 1 to 65536");
  check("workers", options.workers, 0, 1024, "a whole number from 0 to 1024");
  check("prefetch", static_cast<double>(options.prefetch), 1, 1024,
        "a whole number from 1 to 1024");
  check("epochs", options.epochs, 0, 1e9, "a whole number >= 0");
  check("multi_scale", options.multi_scale, 0, 0.5, "a number from 0 to 0.5");
  check("parts", options.parts, 1, 1024, "a whole number from 1 to 1024");
  check("part", options.part, 0, options.parts - 1, "a whole number from 0 to parts - 1");
}

class BatchLoader::Impl {
 public:
  Impl(std::unique_ptr<BatchMaker> maker, const LoaderOptions& options)
      : maker_(std::move(maker)), prefetch_(options.prefetch) {
    // With threads of its own, OpenCV would keep the cores from the network.
    cv::setNumThreads(1);
    for (int i = 0; i < options.workers; ++i) workers_.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      ++generation_;
    }
    has_work_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start_epoch(int epoch, std::size_t first_batch) {
    auto order = std::make_shared<const std::vector<std::size_t>>(maker_->order(epoch));
    {
      const std::lock_guard lock(mutex_);
      ++generation_;
      epoch_ = epoch;
      order_ = std::move(order);
      ready_.clear();
      next_to_make_ = next_to_deliver_ = first_batch;
    }
    has_work_.notify_all();
  }

  std::optional<train::Batch> next() {
    std::unique_lock lock(mutex_);
    GONDOLA_EXPECTS(order_ != nullptr, "BatchLoader: next() before start_epoch()");
    if (next_to_deliver_ == maker_->batches()) return std::nullopt;
    const std::size_t number = next_to_deliver_++;
    if (workers_.empty()) {
      return maker_->make(epoch_, number, *order_, [] { return true; });
    }
    has_batch_.wait(lock, [&] { return ready_.count(number) != 0; });
    Made made = std::move(ready_.at(number));
    ready_.erase(number);
    lock.unlock();
    has_work_.notify_all();
    if (made.error) std::rethrow_exception(made.error);
    return std::move(made.batch);
  }

  const BatchMaker& maker() const { return *maker_; }
  std::vector<Issue> take_issues() { return maker_->take_issues(); }

 private:
  struct Made {
    train::Batch batch;
    std::exception_ptr error;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      has_work_.wait(lock, [this] {
        return stopped_ || (order_ != nullptr && next_to_make_ < maker_->batches() &&
                            next_to_make_ < next_to_deliver_ + prefetch_);
      });
      if (stopped_) return;
      const std::size_t number = next_to_make_++;
      const int epoch = epoch_;
      const std::uint64_t generation = generation_;
      const auto order = order_;
      lock.unlock();

      Made made;
      try {
        made.batch =
            maker_->make(epoch, number, *order, [&] { return generation_.load() == generation; });
      } catch (...) {
        made.error = std::current_exception();
      }

      lock.lock();
      if (generation_ != generation) continue;
      ready_.emplace(number, std::move(made));
      has_batch_.notify_all();
    }
  }

  std::unique_ptr<BatchMaker> maker_;
  const std::size_t prefetch_;

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable has_batch_;
  bool stopped_ = false;
  std::atomic<std::uint64_t> generation_{
      0};  ///< of the epoch; what an earlier one asked for is void
  int epoch_ = 0;
  std::shared_ptr<const std::vector<std::size_t>> order_;
  std::size_t next_to_make_ = 0;
  std::size_t next_to_deliver_ = 0;
  std::map<std::size_t, Made> ready_;

  std::vector<std::thread> workers_;  ///< last: they use all of the above
};

namespace {

std::shared_ptr<const Dataset> checked(std::shared_ptr<const Dataset> dataset,
                                       const LoaderOptions& options) {
  GONDOLA_EXPECTS(dataset != nullptr, "BatchLoader: no data set");
  if (dataset->images.empty()) throw ConfigError("the data set has no pictures");
  validate(options);
  return dataset;
}

}  // namespace

BatchLoader::BatchLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options,
                         const AugmentOptions& augment)
    : dataset_(checked(std::move(dataset), options)),
      image_size_(options.image_size),
      impl_(std::make_unique<Impl>(std::make_unique<TrainingMaker>(dataset_, options, augment),
                                   options)) {}

BatchLoader::BatchLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options)
    : dataset_(checked(std::move(dataset), options)),
      image_size_(options.image_size),
      impl_(std::make_unique<Impl>(std::make_unique<ValidationMaker>(dataset_, options), options)) {
}

BatchLoader::~BatchLoader() = default;

void BatchLoader::start_epoch(int epoch, std::size_t first_batch) {
  GONDOLA_EXPECTS(epoch >= 0 && first_batch <= batches_per_epoch(), "BatchLoader: epoch ", epoch,
                  ", batch ", first_batch, " of ", batches_per_epoch());
  impl_->start_epoch(epoch, first_batch);
}

std::optional<train::Batch> BatchLoader::next() { return impl_->next(); }

std::size_t BatchLoader::batches_per_epoch() const { return impl_->maker().batches(); }

LetterboxTransform BatchLoader::letterbox_of(std::size_t image) const {
  GONDOLA_EXPECTS(image < dataset_->images.size(), "BatchLoader: image ", image, " of ",
                  dataset_->images.size());
  return plan_letterbox(dataset_->images[image].size, {image_size_, image_size_});
}

std::vector<Issue> BatchLoader::take_issues() { return impl_->take_issues(); }

}  // namespace gondola::data
