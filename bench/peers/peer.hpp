#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::peers {

/// What every program that bench/peers/run starts is asked for.
struct PeerOptions {
  std::string model;
  int size = 640;  ///< side of the square input in pixels
  int batch = 1;   ///< pictures per run
  int threads = 2;
  int warmup = 5;  ///< runs before measuring
  int runs = 50;
};

/// MODEL [--size N] [--batch N] ...; throws ConfigError for anything else.
inline PeerOptions parse_options(int argc, char** argv) {
  PeerOptions options;
  const std::map<std::string, int*> numbers = {{"--size", &options.size},
                                               {"--batch", &options.batch},
                                               {"--threads", &options.threads},
                                               {"--warmup", &options.warmup},
                                               {"--runs", &options.runs}};
  if (argc < 2 || argc % 2 != 0) {
    throw ConfigError(concat("usage: ", argv[0], " MODEL [--size N] [--batch N] [--threads N] ",
                             "[--warmup N] [--runs N]"));
  }
  options.model = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const auto known = numbers.find(argv[i]);
    const auto value = parse_number<int>(argv[i + 1]);
    if (known == numbers.end() || !value || *value < 1) {
      throw ConfigError(concat(argv[i], " ", argv[i + 1], ": not an option, or not above 0"));
    }
    *known->second = *value;
  }
  return options;
}

/// Milliseconds of one call.
template <typename Call>
double time_call(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

/// Milliseconds of options.runs calls, ascending, after options.warmup unmeasured ones.
template <typename Call>
std::vector<double> time_calls(const PeerOptions& options, const Call& call) {
  for (int i = 0; i < options.warmup; ++i) call();
  std::vector<double> times;
  for (int i = 0; i < options.runs; ++i) times.push_back(time_call(call));
  std::sort(times.begin(), times.end());
  return times;
}

/// The line that run reads: milliseconds per picture.
inline nlohmann::json to_json(const std::vector<double>& sorted, const PeerOptions& options) {
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(place + 0.5)] / options.batch;
  };
  return {
      {"network_ms", {{"median", at(0.5)}, {"p10", at(0.1)}, {"p90", at(0.9)}, {"min", at(0)}}}};
}

/// Prints what `measure` returns, or its error as one line.
template <typename Measure>
int run_peer(int argc, char** argv, const Measure& measure) {
  try {
    std::cout << measure(parse_options(argc, argv)).dump() << '\n';
    return 0;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    std::fprintf(stderr, "error: %s\n", text.substr(0, text.find('\n')).c_str());
    return 1;
  }
}

}  // namespace gondola::peers
