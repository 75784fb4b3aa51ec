#include "gondola/train/epoch_record.hpp"

#include <array>
#include <sstream>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"

namespace gondola::train {
namespace {

using nlohmann::json;

json loss_json(const LossParts& loss) { return {loss.box, loss.classification, loss.dfl}; }

LossParts loss_of(const json& value) { return {value.at(0), value.at(1), value.at(2)}; }

// The measures in one order for both formats.
struct MeasureField {
  const char* name;
  double EpochMeasures::*member;
};
constexpr std::array kMeasures = {
    MeasureField{"precision", &EpochMeasures::precision},
    MeasureField{"recall", &EpochMeasures::recall},
    MeasureField{"ap50", &EpochMeasures::ap50},
    MeasureField{"ap", &EpochMeasures::ap},
    MeasureField{"count_error", &EpochMeasures::count_error},
    MeasureField{"count_confidence", &EpochMeasures::count_confidence},
};

}  // namespace

std::string to_csv(const std::vector<EpochRecord>& records) {
  std::ostringstream csv;
  csv << "epoch,box_loss,class_loss,dfl_loss,val_box_loss,val_class_loss,val_dfl_loss";
  for (const MeasureField& field : kMeasures) csv << ',' << field.name;
  csv << ",learning_rate,seconds,images_per_second,waiting_share,network_share\n";
  for (const EpochRecord& record : records) {
    csv << record.epoch + 1 << ',' << record.loss.box << ',' << record.loss.classification << ','
        << record.loss.dfl;
    if (record.measures) {
      const LossParts& loss = record.measures->loss;
      csv << ',' << loss.box << ',' << loss.classification << ',' << loss.dfl;
      for (const MeasureField& field : kMeasures) csv << ',' << *record.measures.*field.member;
    } else {
      csv << ",,,";
      for (std::size_t i = 0; i < kMeasures.size(); ++i) csv << ',';
    }
    csv << ',' << record.learning_rate << ',' << record.seconds << ',' << record.images_per_second
        << ',' << record.waiting_share << ',' << record.network_share << '\n';
  }
  return csv.str();
}

std::string to_json(const std::vector<EpochRecord>& records) {
  json list = json::array();
  for (const EpochRecord& record : records) {
    json entry = {{"epoch", record.epoch},
                  {"loss", loss_json(record.loss)},
                  {"learning_rate", record.learning_rate},
                  {"seconds", record.seconds},
                  {"images_per_second", record.images_per_second},
                  {"waiting_share", record.waiting_share},
                  {"network_share", record.network_share}};
    if (record.measures) {
      json measures = {{"loss", loss_json(record.measures->loss)}};
      for (const MeasureField& field : kMeasures) {
        measures[field.name] = *record.measures.*field.member;
      }
      entry["measures"] = std::move(measures);
    }
    list.push_back(std::move(entry));
  }
  return list.dump();
}

std::vector<EpochRecord> records_from_json(const std::string& text) {
  std::vector<EpochRecord> records;
  try {
    for (const json& entry : json::parse(text)) {
      EpochRecord record;
      record.epoch = entry.at("epoch");
      record.loss = loss_of(entry.at("loss"));
      record.learning_rate = entry.at("learning_rate");
      record.seconds = entry.at("seconds");
      record.images_per_second = entry.at("images_per_second");
      record.waiting_share = entry.at("waiting_share");
      record.network_share = entry.at("network_share");
      if (entry.contains("measures")) {
        const json& values = entry.at("measures");
        EpochMeasures measures;
        measures.loss = loss_of(values.at("loss"));
        for (const MeasureField& field : kMeasures) measures.*field.member = values.at(field.name);
        record.measures = measures;
      }
      records.push_back(record);
    }
  } catch (const json::exception& error) {
    throw WeightsError(concat("record of epochs is damaged: ", error.what()));
  }
  return records;
}

}  // namespace gondola::train
