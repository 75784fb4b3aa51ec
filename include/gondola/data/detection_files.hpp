#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gondola/core/detection.hpp"
#include "gondola/data/dataset.hpp"

namespace gondola::data {

/// A class as a file of detections names it: by its label, by a number, or by both.
struct FileClass {
  std::string label;      ///< empty when the file has numbers only
  std::optional<int> id;  ///< place among the class names, or COCO's category id

  friend bool operator==(const FileClass& a, const FileClass& b) {
    return a.label == b.label && a.id == b.id;
  }
};

/// What a file says was found in one picture.
struct DetectedImage {
  std::string name;                   ///< as the file calls it: a path, a file name, an id
  std::vector<Detection> detections;  ///< class_id counts DetectionFile::classes
};

/// Somebody's detections, in the words of the file they came from.
struct DetectionFile {
  std::string path;
  std::vector<FileClass> classes;     ///< those that occur, in the order they do
  bool ids_are_categories = false;    ///< the ids are COCO's
  std::vector<DetectedImage> images;  ///< in the order of the file
};

/// Reads detections in any format known here, told by content:
///  - a COCO results list: objects with image_id (number or text), category_id, bbox [x, y, width,
///    height], score;
///  - gondola.detections/1, as one JSON document or one JSON object a line;
///  - a table of comma-separated values as in RFC 4180 with a header line. Columns in any order:
///    image_name (or source, image, file), x1, y1, x2, y2, class and/or label, score (or
///    confidence, conf); others are left alone. A class may be a name or a number.
///
/// Boxes are in pixels. They may be empty, but not inverted.
///
/// Throws: IoError, one line with the file and the line (in JSON the entry, from 0), for what
/// cannot be read, for a missing column or key, for a number that is none, a score outside 0..1, an
/// inverted box.
DetectionFile read_detections(const std::filesystem::path& path);

/// Reads true boxes from a table like those of read_detections(), without scores.
///
/// The data set's classes are those that occur, in the order of the file; if all are numbers, those
/// up to the highest, without names. Its pictures have the path and name that the file gives and no
/// size, since nobody looks at them.
///
/// Throws: as read_detections(), also for an empty box and for a table without rows.
Dataset read_truth_table(const std::filesystem::path& path);

/// Detections in the data set's own terms.
struct AssignedDetections {
  std::vector<std::vector<Detection>> per_image;  ///< parallel to Dataset::images
  std::vector<std::string> unknown_images;        ///< pictures that the data set does not have
  std::vector<std::string> unknown_classes;       ///< labels or ids of classes it does not have
  std::size_t dropped = 0;                        ///< detections of those: not in per_image
};

/// Finds for each picture and class of the file those of the data set that they mean.
///
/// Pictures are looked up by LabelledImage::name, else by file name without extension (numbers
/// without regard to leading zeros, since COCO's 139 is 000000000139.jpg); of several, the one that
/// shares most folders with the file's own path. Classes are looked up by label where both sides
/// have some, else by number: COCO's by Dataset::category_ids where there are any, all others by
/// place among the names.
///
/// Throws: ConfigError when several pictures fit one name equally well, and when not one picture,
/// or of the classes not one, is known.
AssignedDetections assign_detections(const DetectionFile& file, const Dataset& dataset);

/// Whether a data set says what its classes are called; YOLO labels alone do not, and leave all
/// names empty.
bool has_class_names(const Dataset& dataset);

}  // namespace gondola::data
