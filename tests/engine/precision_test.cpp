#include "gondola/engine/precision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gondola::engine {
namespace {

TEST(Precision, NamesAreThoseOfTheCommandLine) {
  EXPECT_EQ(to_string(Precision::kFloat32), "fp32");
  EXPECT_EQ(to_string(Precision::kBFloat16), "bf16");
  EXPECT_EQ(to_string(Precision::kInt8), "int8");
}

TEST(Precision, FloatRunsEverywhereAndTheOthersWhereTheCpuCan) {
  EXPECT_EQ(precision_problem(Precision::kFloat32), "");
#if defined(__x86_64__)
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const std::string bfloat16 = precision_problem(Precision::kBFloat16);
  EXPECT_EQ(bfloat16.empty(), wide && __builtin_cpu_supports("avx512bf16"));
  const std::string int8 = precision_problem(Precision::kInt8);
  EXPECT_EQ(int8.empty(), wide && __builtin_cpu_supports("avx512vnni"));
  for (const std::string& problem : {bfloat16, int8}) {
    EXPECT_THAT(problem, testing::AnyOf("", testing::HasSubstr("use --precision fp32")));
  }
#endif
}

}  // namespace
}  // namespace gondola::engine
