#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gondola::shelf {

/// One product of a planogram, in the planogram's unit.
struct PlannedProduct {
  std::string id;
  std::string name;  ///< the id where none is given
  double width = 0;
  double height = 0;
};

/// A board, a pegboard or a whole shelf that positions belong to. Origin top left, y downwards.
struct Fixture {
  std::string id;
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// Equal facings side by side, from the top left corner of the first one.
struct PlannedPosition {
  std::string id;
  std::size_t product = 0;  ///< index into Planogram::products
  std::size_t fixture = 0;  ///< index into Planogram::fixtures
  double x = 0;
  double y = 0;
  int facings = 1;
};

/// What should stand where, in any unit: only proportions count.
struct Planogram {
  double width = 0;
  double height = 0;
  std::vector<PlannedProduct> products;
  std::vector<Fixture> fixtures;
  std::vector<PlannedPosition> positions;
};

/// A planogram as a file spells it, before anything is checked: references by id, and for every
/// entry the place that messages name, such as "plan.yaml:12".
struct PlanogramDraft {
  struct Product {
    PlannedProduct product;
    std::string where;
  };
  struct Board {
    Fixture fixture;
    std::string where;
  };
  struct Position {
    std::string id;
    std::string product;
    std::string fixture;
    double x = 0;
    double y = 0;
    int facings = 1;
    std::string where;
  };

  std::string where;  ///< of width and height
  double width = 0;
  double height = 0;
  std::vector<Product> products;
  std::vector<Board> fixtures;
  std::vector<Position> positions;
};

/// Everything that is wrong with a draft, one line each, "where: what = value; expected ...":
/// ids that are empty or given twice, unknown products and fixtures, sizes and counts of zero or
/// less, numbers that are not finite, fixtures outside the planogram, positions outside their
/// fixture (by more than a tenth of the product), positions that overlap on their fixture (by more
/// than a tenth of the narrower product), and products too large or too small by so much that they
/// must be in another unit: higher or wider than the whole planogram, or less than a thousandth of
/// its width.
std::vector<std::string> planogram_faults(const PlanogramDraft& draft);

/// The planogram of a draft.
///
/// Throws: ConfigError with the first of planogram_faults(), and how many more there are.
Planogram make_planogram(const PlanogramDraft& draft);

}  // namespace gondola::shelf
