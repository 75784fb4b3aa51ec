#include "gondola/shelf/planogram.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::shelf {
namespace {

constexpr double kTolerance = 0.1;  // of a product: rounding, and goods that reach over an edge

/// Collects faults while it turns a draft into a planogram.
class Checker {
 public:
  explicit Checker(const PlanogramDraft& draft) : draft_(draft) {}

  void run() {
    planogram_.width = draft_.width;
    planogram_.height = draft_.height;
    check_size(draft_.where, "width", draft_.width);
    check_size(draft_.where, "height", draft_.height);
    add_products();
    add_fixtures();
    add_positions();
    check_overlaps();
  }

  std::vector<std::string> faults;

  const Planogram& planogram() const { return planogram_; }

 private:
  using Index = std::map<std::string, std::size_t>;

  template <typename... Parts>
  void fault(const std::string& where, const Parts&... parts) {
    faults.push_back(concat(where, ": ", parts...));
  }

  bool check_size(const std::string& where, const std::string& what, double value) {
    if (std::isfinite(value) && value > 0) return true;
    fault(where, what, " = ", value, "; expected a number > 0");
    return false;
  }

  bool check_finite(const std::string& where, const std::string& what, double value) {
    if (std::isfinite(value)) return true;
    fault(where, what, " = ", value, "; expected a finite number");
    return false;
  }

  void add_id(Index& index, const std::string& kind, const std::string& id,
              const std::string& where, std::size_t number) {
    if (id.empty()) {
      fault(where, kind, " without an id; expected one that no other ", kind, " has");
      return;
    }
    if (!index.emplace(id, number).second) {
      fault(where, kind, " id '", printable(id), "' is given twice; ids tell ", kind, "s apart");
    }
  }

  void add_products() {
    for (const PlanogramDraft::Product& entry : draft_.products) {
      PlannedProduct product = entry.product;
      add_id(product_index_, "product", product.id, entry.where, planogram_.products.size());
      if (product.name.empty()) product.name = product.id;
      const std::string name = "product '" + printable(product.id) + "' ";
      const bool width = check_size(entry.where, name + "w", product.width);
      const bool height = check_size(entry.where, name + "h", product.height);
      if (width && height) check_unit(entry.where, name, product);
      planogram_.products.push_back(std::move(product));
    }
  }

  void check_unit(const std::string& where, const std::string& name,
                  const PlannedProduct& product) {
    if (!(draft_.width > 0 && draft_.height > 0)) return;
    constexpr double kSmallest = 0.001;
    if (product.width > draft_.width || product.height > draft_.height) {
      fault(where, name, "is ", product.width, " x ", product.height,
            ", larger than the planogram of ", draft_.width, " x ", draft_.height,
            "; expected all lengths in one unit");
    } else if (product.width < kSmallest * draft_.width) {
      fault(where, name, "w = ", product.width, ", less than a thousandth of the planogram's ",
            draft_.width, "; expected all lengths in one unit");
    }
  }

  void add_fixtures() {
    for (const PlanogramDraft::Board& entry : draft_.fixtures) {
      const Fixture& fixture = entry.fixture;
      add_id(fixture_index_, "fixture", fixture.id, entry.where, planogram_.fixtures.size());
      const std::string name = "fixture '" + printable(fixture.id) + "' ";
      // Each by itself, so that all faults are told.
      const bool width = check_size(entry.where, name + "w", fixture.width);
      const bool height = check_size(entry.where, name + "h", fixture.height);
      const bool x = check_finite(entry.where, name + "x", fixture.x);
      const bool y = check_finite(entry.where, name + "y", fixture.y);
      const bool sound = width && height && x && y;
      const double slack_x = kTolerance * fixture.width;
      const double slack_y = kTolerance * fixture.height;
      if (sound && draft_.width > 0 && draft_.height > 0 &&
          (fixture.x < -slack_x || fixture.y < -slack_y ||
           fixture.x + fixture.width > draft_.width + slack_x ||
           fixture.y + fixture.height > draft_.height + slack_y)) {
        fault(entry.where, name, "spans ", fixture.x, ",", fixture.y, " to ",
              fixture.x + fixture.width, ",", fixture.y + fixture.height,
              "; expected inside the planogram of ", draft_.width, " x ", draft_.height);
      }
      planogram_.fixtures.push_back(fixture);
    }
  }

  std::optional<std::size_t> look_up(const Index& index, const std::string& kind,
                                     const std::string& id, const std::string& name,
                                     const std::string& where) {
    const auto found = index.find(id);
    if (found != index.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [key, number] : index) known.push_back(key);
    const std::optional<std::string> near = nearest_name(id, known);
    fault(where, name, kind, " = '", printable(id), "'; expected the id of a ", kind,
          near ? concat(" (did you mean '", printable(*near), "'?)") : std::string());
    return std::nullopt;
  }

  void add_positions() {
    Index ids;
    for (const PlanogramDraft::Position& entry : draft_.positions) {
      add_id(ids, "position", entry.id, entry.where, planogram_.positions.size());
      const std::string name = "position '" + printable(entry.id) + "' ";
      bool sound = check_finite(entry.where, name + "x", entry.x);
      sound = check_finite(entry.where, name + "y", entry.y) && sound;
      if (entry.facings < 1) {
        fault(entry.where, name, "facings = ", entry.facings, "; expected a whole number >= 1");
        sound = false;
      }
      const auto product = look_up(product_index_, "product", entry.product, name, entry.where);
      const auto fixture = look_up(fixture_index_, "fixture", entry.fixture, name, entry.where);
      if (!product || !fixture) continue;
      planogram_.positions.push_back(
          {entry.id, *product, *fixture, entry.x, entry.y, entry.facings});
      where_.push_back(entry.where);
      if (sound) check_inside(planogram_.positions.back(), name, entry.where);
    }
  }

  void check_inside(const PlannedPosition& position, const std::string& name,
                    const std::string& where) {
    const PlannedProduct& product = planogram_.products[position.product];
    const Fixture& fixture = planogram_.fixtures[position.fixture];
    if (!(product.width > 0 && product.height > 0 && fixture.width > 0 && fixture.height > 0)) {
      return;
    }
    const double right = position.x + position.facings * product.width;
    const double bottom = position.y + product.height;
    const double slack_x = kTolerance * product.width;
    const double slack_y = kTolerance * product.height;
    if (position.x < fixture.x - slack_x || right > fixture.x + fixture.width + slack_x ||
        position.y < fixture.y - slack_y || bottom > fixture.y + fixture.height + slack_y) {
      fault(where, name, "spans ", position.x, ",", position.y, " to ", right, ",", bottom,
            "; expected inside fixture '", printable(fixture.id), "', ", fixture.x, ",", fixture.y,
            " to ", fixture.x + fixture.width, ",", fixture.y + fixture.height);
      return;
    }
    sound_.insert(planogram_.positions.size() - 1);
  }

  void check_overlaps() {
    const std::vector<PlannedPosition>& positions = planogram_.positions;
    std::vector<std::size_t> order(sound_.begin(), sound_.end());
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return positions[a].fixture != positions[b].fixture
                 ? positions[a].fixture < positions[b].fixture
                 : positions[a].x < positions[b].x;
    });
    for (std::size_t i = 0; i < order.size(); ++i) {
      const PlannedPosition& left = positions[order[i]];
      const PlannedProduct& one = planogram_.products[left.product];
      const double right_end = left.x + left.facings * one.width;
      for (std::size_t j = i + 1; j < order.size(); ++j) {
        const PlannedPosition& right = positions[order[j]];
        if (right.fixture != left.fixture || right.x >= right_end) break;
        const PlannedProduct& other = planogram_.products[right.product];
        const double slack = kTolerance * std::min(one.width, other.width);
        const double shared_y =
            std::min(left.y + one.height, right.y + other.height) - std::max(left.y, right.y);
        const double slack_y = kTolerance * std::min(one.height, other.height);
        if (right_end - right.x <= slack || shared_y <= slack_y) continue;
        fault(where_[order[j]], "position '", printable(right.id), "' begins at x ", right.x,
              ", before position '", printable(left.id), "' ends at ", right_end,
              " on the same fixture; expected no overlap");
      }
    }
  }

  const PlanogramDraft& draft_;
  Planogram planogram_;
  Index product_index_;
  Index fixture_index_;
  std::vector<std::string> where_;  // by position
  std::set<std::size_t> sound_;     // positions whose place can be compared with others'
};

}  // namespace

std::vector<std::string> planogram_faults(const PlanogramDraft& draft) {
  Checker checker(draft);
  checker.run();
  return std::move(checker.faults);
}

Planogram make_planogram(const PlanogramDraft& draft) {
  Checker checker(draft);
  checker.run();
  if (checker.faults.empty()) return checker.planogram();
  const std::size_t more = checker.faults.size() - 1;
  throw ConfigError(more == 0 ? checker.faults.front()
                              : concat(checker.faults.front(), " (and ", more,
                                       more == 1 ? " more fault)" : " more faults)"));
}

}  // namespace gondola::shelf
