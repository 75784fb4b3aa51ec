#pragma once

#include <algorithm>

#include <opencv2/core.hpp>

#include "package.hpp"

/// How the shapes are made from a print. Each function fills in a package's textures; its extent is
/// set before.
namespace gondola::data::synth {

inline constexpr int kLeastSide = 8;  ///< pixels of a texture

/// Everything a folding function needs, so that each states only what is its own.
struct Sheet {
  const PackageArtist& artist;
  const Design& design;
  cv::Size size;  ///< of the front, pixels
  Random& random;

  cv::Mat front() const { return artist.front(design, size); }
  cv::Mat blank(const Color& color) const { return cv::Mat(size, CV_8UC3, scalar(color)); }

  /// Caps, lids and outlines are drawn from this: alike for all products of a brand.
  Random brand_random() const { return Random(design.brand->layout_seed, 2); }
};

/// Bodies of revolution, and what nearly is one.
void fold_can(const Sheet& sheet, Package& package);
void fold_jar(const Sheet& sheet, Package& package);
void fold_tub(const Sheet& sheet, Package& package);
void fold_bottle(const Sheet& sheet, Package& package);
void fold_flask(const Sheet& sheet, Package& package);
void fold_spray_can(const Sheet& sheet, Package& package);
void fold_jug(const Sheet& sheet, Package& package);
void fold_tube(const Sheet& sheet, Package& package);

/// Film and paper that gives way.
void fold_flow_pack(const Sheet& sheet, Package& package);
void fold_pouch(const Sheet& sheet, Package& package);
void fold_soft_pack(const Sheet& sheet, Package& package);
void fold_hang_bag(const Sheet& sheet, Package& package);

/// Several units in one pack.
void fold_roll_pack(const Sheet& sheet, Package& package);
void fold_multipack(const Sheet& sheet, Package& package);

/// Board, pulp and moulded plastic.
void fold_box(const Sheet& sheet, Package& package);
void fold_blister(const Sheet& sheet, Package& package);
void fold_egg_carton(const Sheet& sheet, Package& package);
void fold_tray(const Sheet& sheet, Package& package);

// What they share.

/// The rows of a picture between two heights, 0 = top .. 1 = bottom; at least one.
cv::Rect rows(const cv::Mat& picture, double from, double to);

void fill_rows(cv::Mat& picture, double from, double to, const Color& color);

/// Prints a label around the rows from..to.
void print_rows(cv::Mat& picture, double from, double to, const Sheet& sheet);

/// Upright grooves, as on screw caps and crimped seals.
void add_grooves(cv::Mat& picture, const cv::Rect& part, double pitch, double depth);

/// Sealed ends with fine grooves.
void crimp_ends(cv::Mat& print, double share, bool both);

/// The hole that a pack hangs from, through which one sees the back panel.
void punch_hole(cv::Mat& sprite, double height, const Color& behind);

/// A lid or cap from above, CV_8UC4.
cv::Mat disc_of(const Color& color, double rim, int side, Random& random);

/// A colour that caps and lids often have.
Color plain_color(Random& random);

/// Gives a soft pack the sides and the top that a box has, of its own print.
void add_soft_faces(const cv::Mat& front, Package& package);

}  // namespace gondola::data::synth
