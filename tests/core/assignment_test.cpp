#include "gondola/core/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

double gain_of(const std::vector<std::uint32_t>& columns, const std::vector<Pairing>& pairings) {
  double sum = 0;
  for (std::uint32_t row = 0; row < columns.size(); ++row) {
    if (columns[row] == kUnassigned) continue;
    double best = -1;
    for (const Pairing& one : pairings) {
      if (one.row == row && one.column == columns[row]) best = std::max(best, one.gain);
    }
    EXPECT_GT(best, 0) << "row " << row << " has a column that no pairing gives it";
    sum += best;
  }
  return sum;
}

/// The best of all ways, each row having any free column or none.
double best_gain(std::uint32_t row, std::size_t rows, std::set<std::uint32_t>& used,
                 const std::vector<Pairing>& pairings) {
  if (row == rows) return 0;
  double best = best_gain(row + 1, rows, used, pairings);
  for (const Pairing& one : pairings) {
    if (one.row != row || !used.insert(one.column).second) continue;
    best = std::max(best, one.gain + best_gain(row + 1, rows, used, pairings));
    used.erase(one.column);
  }
  return best;
}

TEST(Assign, PrefersTheBestSumToTheBestPair) {
  // Greedy takes 0-0 for 10 and leaves row 1 alone; 0-1 and 1-0 are worth 9 + 8.
  EXPECT_THAT(assign(2, 2, {{0, 0, 10}, {0, 1, 9}, {1, 0, 8}}), ElementsAre(1, 0));
}

TEST(Assign, LeavesARowAloneWhenThatIsBetterForTheOthers) {
  // Both want column 0; row 1 gains more by it.
  EXPECT_THAT(assign(2, 1, {{0, 0, 1}, {1, 0, 2}}), ElementsAre(kUnassigned, 0));
  // 0-0 and 1-1 are worth 3 + 0.5, 1-0 alone 4.
  EXPECT_THAT(assign(2, 2, {{0, 0, 3}, {1, 0, 4}, {1, 1, 0.5}}), ElementsAre(kUnassigned, 0));
}

TEST(Assign, NeverChoosesWhatGainsNothing) {
  EXPECT_THAT(assign(3, 3, {{0, 0, 0}, {1, 1, -1}, {2, 2, 1e-9}}),
              ElementsAre(kUnassigned, kUnassigned, 2));
}

TEST(Assign, TakesEmptyProblems) {
  EXPECT_THAT(assign(0, 0, {}), ElementsAre());
  EXPECT_THAT(assign(0, 3, {}), ElementsAre());
  EXPECT_THAT(assign(2, 0, {}), ElementsAre(kUnassigned, kUnassigned));
}

TEST(Assign, TakesTheBetterOfTwoPairingsOfTheSamePair) {
  EXPECT_THAT(assign(2, 1, {{0, 0, 1}, {0, 0, 3}, {1, 0, 2}}), ElementsAre(0, kUnassigned));
}

TEST(Assign, MatchesBruteForceOnRandomProblemsOfAnyShape) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    const auto rows = static_cast<std::uint32_t>(random() % 7);
    const auto columns = static_cast<std::uint32_t>(random() % 7);
    const unsigned density = 1 + random() % 10;
    // Whole numbers make ties, fractions do not.
    const bool whole = random() % 2 == 0;
    std::vector<Pairing> pairings;
    for (std::uint32_t row = 0; row < rows; ++row) {
      for (std::uint32_t column = 0; column < columns; ++column) {
        if (random() % 10 >= density) continue;
        const double gain =
            whole ? int(random() % 8) - 2 : std::uniform_real_distribution<>(-0.2, 1)(random);
        pairings.push_back({row, column, gain});
      }
    }
    std::shuffle(pairings.begin(), pairings.end(), random);
    const std::vector<std::uint32_t> chosen = assign(rows, columns, pairings);
    ASSERT_EQ(chosen.size(), rows);
    std::set<std::uint32_t> distinct;
    for (const std::uint32_t column : chosen) {
      EXPECT_TRUE(column == kUnassigned || distinct.insert(column).second) << "used twice";
    }
    std::set<std::uint32_t> used;
    ASSERT_NEAR(gain_of(chosen, pairings), best_gain(0, rows, used, pairings), 1e-9)
        << "round " << round;
  }
}

TEST(Assign, MatchesAllPermutationsOfAFullSquare) {
  std::mt19937 random(2);
  std::uniform_real_distribution<> gain(0.01, 1);
  for (int round = 0; round < 30; ++round) {
    constexpr std::uint32_t kSide = 7;
    std::vector<Pairing> pairings;
    for (std::uint32_t i = 0; i < kSide * kSide; ++i) {
      pairings.push_back({i / kSide, i % kSide, gain(random)});
    }
    std::vector<std::uint32_t> order(kSide);
    std::iota(order.begin(), order.end(), 0U);
    double best = 0;
    do {
      double sum = 0;
      for (std::uint32_t row = 0; row < kSide; ++row)
        sum += pairings[row * kSide + order[row]].gain;
      best = std::max(best, sum);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(gain_of(assign(kSide, kSide, pairings), pairings), best, 1e-9);
  }
}

TEST(Assign, ShiftsALongRowByOneWhenItsFirstPlaceIsTaken) {
  // Row i likes column i best and i + 1 nearly as much; a last row has column 0 alone. All others
  // must make room, one after the other.
  constexpr std::uint32_t kRows = 2000;
  std::vector<Pairing> pairings;
  for (std::uint32_t row = 0; row < kRows; ++row) {
    pairings.push_back({row, row, 1});
    pairings.push_back({row, row + 1, 0.9999});
  }
  pairings.push_back({kRows, 0, 1});
  const std::vector<std::uint32_t> chosen = assign(kRows + 1, kRows + 1, pairings);
  EXPECT_EQ(chosen[kRows], 0U);
  for (std::uint32_t row = 0; row < kRows; ++row) ASSERT_EQ(chosen[row], row + 1);
}

TEST(Assign, RefusesWhatIsNoProblem) {
  const auto message_of = [](const std::vector<Pairing>& pairings) -> std::string {
    try {
      assign(2, 3, pairings);
    } catch (const ContractViolation& error) {
      return error.what();
    }
    return "no exception";
  };
  EXPECT_THAT(message_of({{2, 0, 1}}), HasSubstr("row 2 and column 0; expected less than 2 and 3"));
  EXPECT_THAT(message_of({{0, 3, 1}}), HasSubstr("row 0 and column 3"));
  EXPECT_THAT(message_of({{0, 1, NAN}}), HasSubstr("is nan; expected a finite number"));
}

}  // namespace
}  // namespace gondola
