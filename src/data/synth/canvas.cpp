#include "canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gondola/core/error.hpp"

namespace gondola::data::synth {
namespace {

/// What is nearer to the camera than this is cut off, in centimetres.
constexpr double kNearest = 8;

/// Neighbouring pixels that share the derivatives of the mapping, for speed.
constexpr int kBlock = 16;

struct Span {
  int begin = 0;
  int end = 0;
};

/// The pixels of a line that a convex outline may touch.
Span span_of_line(const std::vector<cv::Point2d>& outline, int y, int width) {
  const double top = y - 0.1;
  const double bottom = y + 1.1;
  double low = std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::lowest();
  for (std::size_t i = 0; i < outline.size(); ++i) {
    cv::Point2d a = outline[i];
    cv::Point2d b = outline[(i + 1) % outline.size()];
    if (a.y > b.y) std::swap(a, b);
    if (b.y < top || a.y > bottom) continue;
    const double slope = b.y > a.y ? (b.x - a.x) / (b.y - a.y) : 0;
    const double first = a.y < top ? a.x + slope * (top - a.y) : a.x;
    const double last = b.y > bottom ? a.x + slope * (bottom - a.y) : b.x;
    low = std::min({low, first, last});
    high = std::max({high, first, last});
  }
  if (low > high) return {};
  const double limit = width;
  return {static_cast<int>(std::clamp(std::floor(low - 0.6), 0.0, limit)),
          static_cast<int>(std::clamp(std::ceil(high + 0.6), 0.0, limit))};
}

double polygon_area(const std::vector<cv::Point2d>& outline) {
  double twice = 0;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    twice += outline[i].cross(outline[(i + 1) % outline.size()]);
  }
  return std::abs(twice) / 2;
}

/// Where a pixel lies in the unit square, and how fast that changes.
struct Mapping {
  explicit Mapping(const cv::Matx33d& homography) : inverse(homography.inv()) {}

  void at(double x, double y) {
    const double w = inverse(2, 0) * x + inverse(2, 1) * y + inverse(2, 2);
    u = (inverse(0, 0) * x + inverse(0, 1) * y + inverse(0, 2)) / w;
    v = (inverse(1, 0) * x + inverse(1, 1) * y + inverse(1, 2)) / w;
    one_over_w = 1 / w;
  }

  double u_step() const {
    return std::hypot(inverse(0, 0) - u * inverse(2, 0), inverse(0, 1) - u * inverse(2, 1)) *
           std::abs(one_over_w);
  }
  double v_step() const {
    return std::hypot(inverse(1, 0) - v * inverse(2, 0), inverse(1, 1) - v * inverse(2, 1)) *
           std::abs(one_over_w);
  }

  cv::Matx33d inverse;
  double u = 0;
  double v = 0;
  double one_over_w = 0;
};

/// Four bytes of a pixel at once: between two of them, share 0..256, every other byte.
std::uint32_t lerp_bytes(std::uint32_t a, std::uint32_t b, std::uint32_t share) {
  constexpr std::uint32_t kOdd = 0x00FF00FF;
  const std::uint32_t low = ((a & kOdd) * (256 - share) + (b & kOdd) * share) >> 8;
  const std::uint32_t high = ((a >> 8) & kOdd) * (256 - share) + ((b >> 8) & kOdd) * share;
  return (low & kOdd) | (high & ~kOdd);
}

/// Bilinear lookup with 8 fractional bits, the border repeated.
class Sampler {
 public:
  explicit Sampler(const cv::Mat& level)
      : pixels_(level.ptr<std::uint32_t>()),
        stride_(static_cast<std::ptrdiff_t>(level.step1() / 4)),
        scale_u_(static_cast<float>(level.cols * 256)),
        scale_v_(static_cast<float>(level.rows * 256)),
        last_x_((level.cols - 1) * 256),
        last_y_((level.rows - 1) * 256) {}

  /// B, G, R times alpha, and alpha, the lowest byte first.
  std::uint32_t at(float u, float v) const {
    const int x = std::clamp(static_cast<int>(u * scale_u_) - 128, 0, last_x_);
    const int y = std::clamp(static_cast<int>(v * scale_v_) - 128, 0, last_y_);
    const std::uint32_t* upper = pixels_ + (y >> 8) * stride_ + (x >> 8);
    const std::ptrdiff_t right = x < last_x_ ? 1 : 0;
    const std::ptrdiff_t below = y < last_y_ ? stride_ : 0;
    const auto share_x = static_cast<std::uint32_t>(x & 255);
    const auto share_y = static_cast<std::uint32_t>(y & 255);
    return lerp_bytes(lerp_bytes(upper[0], upper[right], share_x),
                      lerp_bytes(upper[below], upper[below + right], share_x), share_y);
  }

 private:
  const std::uint32_t* pixels_;
  std::ptrdiff_t stride_;
  float scale_u_;
  float scale_v_;
  int last_x_;
  int last_y_;
};

/// The level whose pixels come nearest to those of the picture, by the mean of both directions so
/// that slanted labels keep their letters.
const cv::Mat& matching_level(const Texture& texture, double u_step, double v_step) {
  const cv::Mat& finest = texture.levels.front();
  const double texels = std::sqrt(u_step * finest.cols * v_step * finest.rows);
  const double level = std::log2(std::max(texels, 1.0)) + 0.3;
  const auto last = static_cast<double>(texture.levels.size() - 1);
  return texture.levels[static_cast<std::size_t>(std::min(level, last))];
}

/// How much of a pixel lies inside 0..1 along one axis, if the edge runs straight through it.
float inside_share(float position, float one_over_step) {
  return std::clamp(std::min(position, 1 - position) * one_over_step + 0.5F, 0.0F, 1.0F);
}

/// A short piece of a line, over which the texture's level is the same.
struct Block {
  int begin = 0;
  int end = 0;
  int y = 0;
};

/// Paints a block. Returns how many pixels became the owner's.
int paint_block(const Block& block, const Mapping& mapping, const Texture& texture,
                const Paint& paint, cv::Vec3b* pixels, int* owners) {
  Mapping middle = mapping;
  middle.at((block.begin + block.end) / 2.0, block.y + 0.5);
  const double u_step = std::max(middle.u_step(), 1e-9);
  const double v_step = std::max(middle.v_step(), 1e-9);
  const Sampler sampler(matching_level(texture, u_step, v_step));
  const auto per_u = static_cast<float>(1 / u_step);
  const auto per_v = static_cast<float>(1 / v_step);

  // Numerators and denominator are linear along the line.
  const cv::Matx33d& m = mapping.inverse;
  const double x0 = block.begin + 0.5;
  const double y0 = block.y + 0.5;
  auto u_part = static_cast<float>(m(0, 0) * x0 + m(0, 1) * y0 + m(0, 2));
  auto v_part = static_cast<float>(m(1, 0) * x0 + m(1, 1) * y0 + m(1, 2));
  auto w_part = static_cast<float>(m(2, 0) * x0 + m(2, 1) * y0 + m(2, 2));
  const auto u_slope = static_cast<float>(m(0, 0));
  const auto v_slope = static_cast<float>(m(1, 0));
  const auto w_slope = static_cast<float>(m(2, 0));
  const float light_slope = paint.light_bottom - paint.light_top;

  int gained = 0;
  for (int x = block.begin; x < block.end;
       ++x, u_part += u_slope, v_part += v_slope, w_part += w_slope) {
    if (!(w_part > 0)) continue;
    const float depth = 1 / w_part;
    const float u = u_part * depth;
    const float v = v_part * depth;
    const float share = inside_share(u, per_u) * inside_share(v, per_v) * paint.opacity;
    const auto cover = static_cast<int>(share * 256);
    if (cover == 0) continue;
    const std::uint32_t texel = sampler.at(u, v);
    const int alpha = static_cast<int>(texel >> 24) * cover;  // 0..255 * 256
    if (alpha == 0) continue;
    const float light = paint.light_top + light_slope * std::clamp(v, 0.0F, 1.0F);
    const auto gain = static_cast<int>(share * light * 256);
    const int rest = (255 * 256 - alpha) / 255;
    for (int c = 0; c < 3; ++c) {
      const int ink = static_cast<int>((texel >> (8 * c)) & 0xFF);
      pixels[x][c] = static_cast<uchar>(std::min((pixels[x][c] * rest + ink * gain) >> 8, 255));
    }
    if (paint.owner != kSeeThrough && 2 * alpha >= 255 * 256) {
      if (owners[x] != paint.owner) ++gained;
      owners[x] = paint.owner;
    }
  }
  return gained;
}

}  // namespace

Paint flat(int owner, double light) {
  Paint paint;
  paint.owner = owner;
  paint.light_top = paint.light_bottom = static_cast<float>(std::max(0.0, light));
  return paint;
}

std::vector<cv::Point2d> visible_outline(const cv::Matx33d& homography) {
  const std::array<Vec3, 4> corners{Vec3(0, 0, 1), Vec3(1, 0, 1), Vec3(1, 1, 1), Vec3(0, 1, 1)};
  std::vector<cv::Point2d> outline;
  const auto add = [&](const Vec3& p) { outline.emplace_back(p[0] / p[2], p[1] / p[2]); };
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Vec3 a = homography * corners[i];
    const Vec3 b = homography * corners[(i + 1) % corners.size()];
    if (a[2] >= kNearest) add(a);
    if ((a[2] >= kNearest) != (b[2] >= kNearest)) {
      const double t = (kNearest - a[2]) / (b[2] - a[2]);
      add(a + t * (b - a));
    }
  }
  return outline;
}

Canvas::Canvas(const Camera& camera, int object_count)
    : camera_(camera),
      picture_(camera.picture(), CV_8UC3, cv::Scalar::all(0)),
      owners_(camera.picture(), CV_32SC1, cv::Scalar::all(kBackdrop)),
      coverage_(static_cast<std::size_t>(object_count) + 1) {}

void Canvas::paint(const Quad& quad, const Texture& texture, const Paint& paint) {
  GONDOLA_EXPECTS(!texture.empty(), "Canvas::paint: the texture is empty");
  const cv::Matx33d homography = camera_.homography(quad);
  const std::vector<cv::Point2d> outline = visible_outline(homography);
  if (outline.size() < 3) return;
  const double area = polygon_area(outline);
  if (area < 0.05) return;  // seen from its edge

  Coverage* object = paint.owner > 0 ? &coverage_[static_cast<std::size_t>(paint.owner)] : nullptr;
  if (object != nullptr) object->full_area += area * texture.fill;

  const auto [lowest, highest] = std::minmax_element(
      outline.begin(), outline.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  const double rows = picture_.rows;
  const int first = static_cast<int>(std::clamp(std::floor(lowest->y - 0.6), 0.0, rows));
  const int last = static_cast<int>(std::clamp(std::ceil(highest->y + 0.6), 0.0, rows));

  const Mapping mapping(homography);
  int gained = 0;
  for (int y = first; y < last; ++y) {
    const Span span = span_of_line(outline, y, picture_.cols);
    for (int begin = span.begin; begin < span.end; begin += kBlock) {
      gained += paint_block({begin, std::min(begin + kBlock, span.end), y}, mapping, texture, paint,
                            picture_.ptr<cv::Vec3b>(y), owners_.ptr<int>(y));
    }
  }
  if (object != nullptr) object->drawn += gained;
}

}  // namespace gondola::data::synth
