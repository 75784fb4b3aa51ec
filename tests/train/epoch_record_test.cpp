#include "gondola/train/epoch_record.hpp"

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::train {
namespace {

std::vector<EpochRecord> two_epochs() {
  EpochRecord first;
  first.loss = {1.5, 2.25, 0.5};
  first.learning_rate = 0.001;
  first.seconds = 12;
  first.images_per_second = 40.5;
  first.waiting_share = 0.125;
  first.network_share = 0.75;
  EpochRecord second = first;
  second.epoch = 1;
  EpochMeasures measures;
  measures.loss = {1, 2, 3};
  measures.precision = 0.9;
  measures.recall = 0.8;
  measures.ap50 = 0.75;
  measures.ap = 0.5;
  measures.count_error = 3.5;
  measures.count_confidence = 0.375;
  second.measures = measures;
  return {first, second};
}

TEST(EpochRecords, AreOneCsvRowPerEpochWithGapsWhereNothingWasMeasured) {
  EXPECT_EQ(to_csv(two_epochs()),
            "epoch,box_loss,class_loss,dfl_loss,val_box_loss,val_class_loss,val_dfl_loss,precision,"
            "recall,ap50,ap,count_error,count_confidence,learning_rate,seconds,images_per_second,"
            "waiting_share,network_share\n"
            "1,1.5,2.25,0.5,,,,,,,,,,0.001,12,40.5,0.125,0.75\n"
            "2,1.5,2.25,0.5,1,2,3,0.9,0.8,0.75,0.5,3.5,0.375,0.001,12,40.5,0.125,0.75\n");
}

TEST(EpochRecords, SurviveJson) {
  const std::vector<EpochRecord> records = two_epochs();
  EXPECT_EQ(to_csv(records_from_json(to_json(records))), to_csv(records));
}

TEST(EpochRecords, RefuseForeignJson) {
  EXPECT_THROW(records_from_json("[{}]"), WeightsError);
  EXPECT_THROW(records_from_json("not json"), WeightsError);
}

}  // namespace
}  // namespace gondola::train
