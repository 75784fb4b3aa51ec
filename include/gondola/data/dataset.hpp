#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/class_names.hpp"
#include "gondola/core/labelled_box.hpp"

namespace gondola::data {

/// What can be wrong with a data set and still leave one to train on.
enum class IssueKind {
  kBadLine,             ///< label of the wrong shape, or with what is no finite number: dropped
  kBadClass,            ///< class that the data set does not have: dropped
  kEmptyBox,            ///< box without width or height: dropped
  kBoxOutside,          ///< box wholly outside the picture: dropped
  kBoxClipped,          ///< box partly outside the picture: clipped
  kDuplicateLabel,      ///< same class and box as one before: dropped
  kBrokenLabels,        ///< label file that cannot be read: its picture is left out
  kLabelsWithoutImage,  ///< labels whose picture is not there: ignored
  kMissingImage,        ///< picture that a list names and that is not there: left out
  kBrokenImage,         ///< picture that cannot be read: left out, or replaced while training
  kDuplicateImage,      ///< picture listed twice (left out), or the same bytes as another (kept)
  kSizeMismatch         ///< label file that gives the picture another size than it has: kept
};

/// Such as "bad class".
std::string_view to_string(IssueKind kind);

struct Issue {
  IssueKind kind = IssueKind::kBadLine;
  std::string message;  ///< one line: `file:line: what, its value, what was done`

  friend bool operator==(const Issue& a, const Issue& b) {
    return a.kind == b.kind && a.message == b.message;
  }
};

/// "3 bad class, 12 box clipped", in the order of the kinds; "" for no issues.
std::string count_by_kind(const std::vector<Issue>& issues);

/// A picture file and what is on it.
struct LabelledImage {
  std::string path;
  Size size;         ///< of the upright picture (EXIF orientation applied)
  std::string name;  ///< how result files call it: COCO's image id, else the file's stem
  std::vector<LabelledBox> labels;  ///< pixels of the upright picture; valid and inside it
};

struct Dataset {
  ClassNames names;
  std::vector<int> category_ids;      ///< COCO's id of each class; empty where there is none
  std::vector<LabelledImage> images;  ///< sorted by path, or in the order of a list or JSON file
  std::vector<Issue> issues;
};

/// Which part of a data set to load, and how its labels are to be taken.
struct DatasetOptions {
  /// "train", "val" or "test"; empty = everything.
  std::string split;

  /// Folder that takes the place of `images` on the way from a picture to its YOLO labels; empty =
  /// what data.yaml says, else `labels`.
  std::string labels;

  /// Least score of a label that has one (sixth column of a YOLO line), 0..1; higher = fewer and
  /// surer labels. Negative = what data.yaml says, else 0. Labels without score always count.
  double label_min_score = -1;

  /// Where the file names of a COCO JSON are looked for, before the usual places.
  std::filesystem::path image_root;

  /// Takes the place of the data set's own names: COCO and VOC classes are looked up by name in it,
  /// those of YOLO by place. Empty = the data set's.
  ClassNames names;

  /// Everything is one class, for detectors that only find; named names[0], else "object".
  bool single_class = false;

  /// Share of the pictures, 0..1, that make up `val` where a data set has no splits of its own; the
  /// others are `train`. Chosen by a hash of the file name, so that it is the same on every
  /// machine and does not change when pictures are added. 0 = every split is all pictures.
  double val_share = 0;

  /// Throw at the first issue instead of collecting them.
  bool strict = false;

  /// Accept a data set in which not one picture has a label.
  bool allow_unlabelled = false;

  /// Decode every picture now, so that broken ones are known before training; else only their
  /// headers are read, which is a hundred times faster.
  bool decode_images = false;
};

/// Loads a data set.
///
/// `where` is one of
///  - a `data.yaml`: keys `train`, `val`, `test` (each a folder of pictures, a `.txt` list of them,
///  a
///    COCO `.json`, or a list of those), `names` (list or map from id), and optionally `path` (what
///    the entries are relative to; itself relative to the file), `nc`, `labels`, `label_min_score`
///    and `val_share` (as in DatasetOptions);
///  - a folder with `images/` and `labels/` and optionally `classes.txt` and `train.txt`,
///  `val.txt`,
///    `test.txt`; or `images/<split>/`; or `<split>/images/`;
///  - a folder of Pascal VOC XML, or with `Annotations/` and `JPEGImages/`, optionally
///  `ImageSets/`;
///  - a COCO JSON file.
///
/// YOLO lines are `class cx cy w h`, shares of the picture's size, optionally with a score, or
/// `class x1 y1 x2 y2 x3 y3 ...`, a polygon, which becomes the box around it. COCO category ids
/// become 0..n-1 in the order of the ids; crowd and area are kept. VOC boxes count pixels from 1,
/// both ends included; without names the classes are in alphabetical order; difficult ones become
/// crowd. Boxes that hang over by no more than a pixel, as rounding makes them, are clipped without
/// an issue.
///
/// Whatever the files hold, the result is valid or an exception is thrown.
///
/// Throws: ConfigError for a wrong option or data.yaml, a split that does not exist, no pictures,
/// no labels, and with `strict` the first issue; IoError for what cannot be opened.
Dataset load_dataset(const std::filesystem::path& where, const DatasetOptions& options = {});

}  // namespace gondola::data
