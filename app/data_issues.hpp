#pragma once

#include <string>

#include "command.hpp"
#include "gondola/data/dataset.hpp"

namespace gondola::app {

/// Warns of what is wrong with a data set: the first issues by name, the others with --verbose, and
/// the number of each kind.
///
/// @param what  of the data, such as "train data"
void log_issues(const data::Dataset& dataset, const std::string& what, Context& context);

}  // namespace gondola::app
