#include "gondola/core/error.hpp"

namespace gondola::detail {

void contract_violated(std::string_view expression, const std::string& message) {
  throw ContractViolation(concat(message, " (requirement broken: ", expression, ")"));
}

}  // namespace gondola::detail
