#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gondola {

/// A pair that may be formed, and what forming it is worth.
struct Pairing {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  double gain = 0;
};

/// Stands for the column of a row that stays alone.
inline constexpr std::uint32_t kUnassigned = UINT32_MAX;

/// Linear assignment: of the given pairings, chooses those with the highest sum of gains so that no
/// row and no column is used twice. Rows and columns may stay alone, which is worth 0, so pairings
/// that gain nothing are never chosen. To minimise costs up to a limit, let the gain be limit -
/// cost.
///
/// Shortest augmenting paths over the given pairings alone, as in Jonker and Volgenant, "A shortest
/// augmenting path algorithm for dense and sparse linear assignment problems", Computing 38, 1987,
/// each row having a place of its own for staying alone.
///
/// @return for each row its column, or kUnassigned
///
/// Requires: rows and columns of the pairings within the given numbers, finite gains
/// (ContractViolation otherwise). Ensures: an exact optimum; of several, the same one every time.
/// Cost: a search never leaves the pairings connected to its row and ends at the first free column,
/// so close to the number of pairings where most rows have an undisputed best column; at worst rows
/// times pairings times a logarithm. Thread-safe: no state.
std::vector<std::uint32_t> assign(std::size_t rows, std::size_t columns,
                                  const std::vector<Pairing>& pairings);

}  // namespace gondola
