#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gondola/core/class_names.hpp"
#include "gondola/media/write_image.hpp"
#include "gondola/pipeline/annotator.hpp"
#include "gondola/pipeline/detection_sink.hpp"

namespace gondola::pipeline {

// A path of "-" means standard output. Every factory opens its output at once and throws IoError
// when that is impossible, so that a run does not end with results that have nowhere to go.
// Boxes are written with 3 decimals, scores with 6. Names are written as UTF-8; bytes that are none
// are replaced by U+FFFD.

/// One JSON document, schema gondola.detections/1, written as results come and moved into place by
/// finish(). Memory does not grow with the number of results.
std::unique_ptr<DetectionSink> make_json_sink(const std::string& path,
                                              const std::string& model_name, ClassNames names);

/// One JSON object per frame and line, each with schema and model. Written to the file itself and
/// flushed after every line, so that others can follow; what a failed run leaves is whole lines.
std::unique_ptr<DetectionSink> make_jsonl_sink(const std::string& path,
                                               const std::string& model_name, ClassNames names);

/// Table with fields quoted as in RFC 4180 and lines ended by LF, one detection a row, headed
/// source,frame,time_s,class,label,score,x1,y1,x2,y2,track (track empty without one).
std::unique_ptr<DetectionSink> make_csv_sink(const std::string& path, ClassNames names);

/// YOLO text: `class cx cy w h score` a line, lengths as fractions of the image, 6 decimals; one
/// file per frame in `folder` (made if missing), empty when nothing was found.
///
/// Files are named like the picture with .txt. A second source of the same stem, such as
/// b/1.jpg or 1.png after a/1.jpg, gets 1_2.txt, the next 1_3.txt; other sources' frames get their
/// number, video_000012.txt. Files of an earlier run are replaced.
std::unique_ptr<DetectionSink> make_txt_sink(const std::string& folder);

struct CocoOptions {
  /// category_id of each class id, such as coco91_category_ids(); empty = the class id itself.
  std::vector<int> category_ids;
};

/// The COCO results list: image_id, category_id, bbox [x, y, width, height], score.
///
/// image_id is the picture's stem: as a number when it is all digits (000000000139.jpg is 139, as
/// in COCO), else as a string; for other sources' frames with the frame's number, video_000012.
std::unique_ptr<DetectionSink> make_coco_sink(const std::string& path, CocoOptions options = {});

/// The ids 1..90 that COCO gives its 80 classes, in order.
const std::vector<int>& coco91_category_ids();

/// The options for a model's class names: COCO's own category ids when the names are exactly its 80
/// classes in order, else the class ids.
CocoOptions coco_options_for(const ClassNames& names);

/// Tracks of one source in the MOT Challenge's format, for `gondola val --tracks`: frame and
/// identity from 1, left, top, width, height, score, -1, -1, -1. Complete or not there at all.
std::unique_ptr<DetectionSink> make_mot_sink(const std::string& path);

/// Annotated pictures in `folder` (made if missing), named like the source; names that meet twice
/// are numbered as by make_txt_sink(). Sources that are no picture in a format that can be written
/// become .jpg; frames of videos, cameras and streams are left to others. write() throws
/// ConfigError when a result would replace the picture it was made from.
std::unique_ptr<DetectionSink> make_picture_sink(const std::string& folder,
                                                 std::shared_ptr<Annotator> annotator,
                                                 const media::WriteOptions& options = {});

}  // namespace gondola::pipeline
