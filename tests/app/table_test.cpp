#include "table.hpp"

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::app {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({{"name", Align::kLeft}, {"n", Align::kRight}});
  table.add({"a", "1000"});
  table.add({"longer", "7"});
  EXPECT_EQ(table.text(),
            "name       n\n"
            "------  ----\n"
            "a       1000\n"
            "longer     7");
}

TEST(Table, RefusesARowOfAnotherLength) {
  Table table({{"a", Align::kLeft}});
  EXPECT_THROW(table.add({"1", "2"}), ContractViolation);
}

}  // namespace
}  // namespace gondola::app
