#include "gondola/engine/engine.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "flush_denormals.hpp"
#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "graph.hpp"
#include "plan.hpp"
#include "worker_team.hpp"

namespace gondola::engine {
namespace {

EngineOptions completed(EngineOptions options, const nn::WeightsFile& weights) {
  nn::check_image_size(options.image_height, weights.description.spec);
  nn::check_image_size(options.image_width, weights.description.spec);
  if (options.threads == 0) options.threads = usable_cpus();
  if (options.threads < 1) {
    throw ConfigError(concat("threads ", options.threads, " is below 1 (--threads)"));
  }
  if (const std::string problem = precision_problem(options.precision); !problem.empty()) {
    throw ConfigError(concat("precision ", to_string(options.precision), ": ", problem));
  }
  if (options.precision == Precision::kInt8 && !weights.quantization) {
    throw ConfigError(concat("precision int8: ", weights.description.spec.name,
                             " is not quantised; make an int8 file with `gondola quantize`"));
  }
  for (const int stage : options.kept_stages) {
    const auto stages = static_cast<int>(weights.description.spec.stages.size());
    GONDOLA_EXPECTS(stage >= 0 && stage < stages, "stage ", stage, " of ", stages);
  }
  return options;
}

StageMap stage_map(const Value& value, const MapView& view) {
  StageMap map;
  map.values = reinterpret_cast<const float*>(view.data);
  map.height = view.height;
  map.width = view.width;
  map.step = view.pixel_bytes / static_cast<std::ptrdiff_t>(sizeof(float));
  for (const ChannelRun& run : value.runs) {
    for (int i = 0; i < run.count; ++i)
      map.channels.push_back(run.memory - value.memory_first() + i);
  }
  return map;
}

}  // namespace

class Engine::Implementation {
 public:
  Implementation(const nn::WeightsFile& weights, const EngineOptions& engine_options)
      : options(completed(engine_options, weights)), team_(options.threads) {
    PlanOptions plan_options;
    plan_options.precision = options.precision;
    plan_options.threads = options.threads;
    plan_options.quantization = weights.quantization ? &*weights.quantization : nullptr;
    const Graph graph =
        build_graph(weights, options.image_height, options.image_width, options.kept_stages);
    plan = make_plan(graph, plan_options);
    for (std::size_t i = 0; i < graph.kept.size(); ++i)
      stage_maps.push_back(stage_map(graph.kept[i], plan.kept[i]));
    for (const Plan::Level& level : plan.levels) {
      nn::LevelLogits logits;
      logits.boxes = reinterpret_cast<const float*>(level.boxes.data);
      logits.classes = reinterpret_cast<const float*>(level.classes.data);
      logits.height = level.boxes.height;
      logits.width = level.boxes.width;
      logits.stride = level.stride;
      logits.box_step = level.boxes.pixel_bytes / static_cast<std::ptrdiff_t>(sizeof(float));
      logits.class_step = level.classes.pixel_bytes / static_cast<std::ptrdiff_t>(sizeof(float));
      level_logits.push_back(logits);
    }
    work_ = [this](int member) {
      const FlushDenormals flush;
      for (const Step& step : plan.steps) {
        step.run(member);
        team_.meet();
      }
    };
  }

  void set_picture(const std::uint8_t* bgr, std::ptrdiff_t row_bytes) {
    plan.clear_input_border();
    const MapView& input = plan.input;
    const auto pack = [&](int member) {
      general_kernels().pack_rows(bgr, row_bytes, input, input.height * member / team_.size(),
                                  input.height * (member + 1) / team_.size());
    };
    // By reference, as std::function allocates memory for a copy of this size.
    team_.run(std::ref(pack));
  }

  void run() { team_.run(work_); }

  std::vector<OperationTime> run_timed() {
    std::vector<OperationTime> times;
    for (const Step& step : plan.steps) {
      times.push_back({step.name, step.multiply_adds, timed(step)});
    }
    return times;
  }

  std::vector<OperationTime> time_alone(int repeats) {
    std::vector<OperationTime> times;
    for (const Step& step : plan.steps) {
      std::vector<double> each;
      for (int i = 0; i < repeats; ++i) each.push_back(timed(step));
      std::nth_element(each.begin(), each.begin() + repeats / 2, each.end());
      times.push_back({step.name, step.multiply_adds, each[static_cast<std::size_t>(repeats / 2)]});
    }
    return times;
  }

  const EngineOptions options;
  Plan plan;
  std::vector<nn::LevelLogits> level_logits;
  std::vector<StageMap> stage_maps;

 private:
  double timed(const Step& step) {
    const auto start = std::chrono::steady_clock::now();
    team_.run(step.run);
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    return elapsed.count();
  }

  WorkerTeam team_;
  std::function<void(int)> work_;
};

Engine::Engine(const nn::WeightsFile& weights, const EngineOptions& options)
    : implementation_(std::make_unique<Implementation>(weights, options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::set_picture(const std::uint8_t* bgr, std::ptrdiff_t row_bytes) {
  implementation_->set_picture(bgr, row_bytes);
}
void Engine::run() { implementation_->run(); }
std::vector<OperationTime> Engine::run_timed() { return implementation_->run_timed(); }
std::vector<OperationTime> Engine::time_alone(int repeats) {
  GONDOLA_EXPECTS(repeats >= 1, "time_alone: ", repeats, " repeats");
  return implementation_->time_alone(repeats);
}
const std::vector<nn::LevelLogits>& Engine::logits() const { return implementation_->level_logits; }
const std::vector<StageMap>& Engine::stage_maps() const { return implementation_->stage_maps; }
std::size_t Engine::map_bytes() const { return implementation_->plan.memory.size(); }
std::size_t Engine::weight_bytes() const { return implementation_->plan.weight_bytes; }
const EngineOptions& Engine::options() const { return implementation_->options; }

}  // namespace gondola::engine
