#include "gondola/train/checkpoint.hpp"

#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/safetensors.hpp"

namespace gondola::train {
namespace {

using nlohmann::json;

constexpr const char* kState = "gondola.checkpoint";
constexpr const char* kRecords = "gondola.records";
constexpr const char* kSettings = "gondola.settings";

// The prefix that tells a tensor's part of the checkpoint.
struct Part {
  std::string_view prefix;
  nn::NamedTensors Checkpoint::*tensors;
};
constexpr std::array kParts = {Part{"weights/", &Checkpoint::weights},
                               Part{"average/", &Checkpoint::average},
                               Part{"optimizer/", &Checkpoint::optimizer}};

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  nn::NamedTensors tensors;
  for (const Part& part : kParts) {
    for (const auto& [name, tensor] : checkpoint.*part.tensors) {
      static_cast<void>(tensors.add(concat(part.prefix, name), tensor));
    }
  }
  const json state = {
      {"epoch", checkpoint.epoch},
      {"batch", checkpoint.batch},
      {"step", checkpoint.step},
      {"average_updates", checkpoint.average_updates},
      {"loss_sums",
       {checkpoint.loss_sums.box, checkpoint.loss_sums.classification, checkpoint.loss_sums.dfl}},
      {"images", checkpoint.images},
      {"seconds", checkpoint.seconds},
      {"waiting_seconds", checkpoint.waiting_seconds},
      {"network_seconds", checkpoint.network_seconds},
      {"best_score", checkpoint.best_score},
      {"best_epoch", checkpoint.best_epoch}};
  nn::write_safetensors(path,
                        {{kState, state.dump()},
                         {kRecords, to_json(checkpoint.records)},
                         {kSettings, checkpoint.settings}},
                        tensors);
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const nn::SafetensorsFile file = nn::read_safetensors(path);
  Checkpoint checkpoint;
  try {
    const json state = json::parse(file.metadata.at(kState));
    checkpoint.epoch = state.at("epoch");
    checkpoint.batch = state.at("batch");
    checkpoint.step = state.at("step");
    checkpoint.average_updates = state.at("average_updates");
    const json& sums = state.at("loss_sums");
    checkpoint.loss_sums = {sums.at(0), sums.at(1), sums.at(2)};
    checkpoint.images = state.at("images");
    checkpoint.seconds = state.at("seconds");
    checkpoint.waiting_seconds = state.at("waiting_seconds");
    checkpoint.network_seconds = state.at("network_seconds");
    checkpoint.best_score = state.at("best_score");
    checkpoint.best_epoch = state.at("best_epoch");
    checkpoint.records = records_from_json(file.metadata.at(kRecords));
    checkpoint.settings = file.metadata.at(kSettings);
  } catch (const std::exception& error) {
    throw WeightsError(
        concat(path.string(), ": not a training checkpoint of Gondola (", error.what(), ")"));
  }
  for (const auto& [name, tensor] : file.tensors) {
    for (const Part& part : kParts) {
      if (starts_with(name, part.prefix)) {
        static_cast<void>((checkpoint.*part.tensors).add(name.substr(part.prefix.size()), tensor));
      }
    }
  }
  return checkpoint;
}

}  // namespace gondola::train
