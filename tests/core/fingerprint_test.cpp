#include "gondola/core/fingerprint.hpp"

#include <gtest/gtest.h>

namespace {

using gondola::fingerprint;

// The published values of FNV-1a 128: its offset basis for no bytes, and for "a" and "foobar".
TEST(Fingerprint, IsFnv1a) {
  EXPECT_EQ(fingerprint("", 0), "6c62272e07bb014262b821756295c58d");
  EXPECT_EQ(fingerprint("a", 1), "d228cb696f1a8caf78912b704e4a8964");
  EXPECT_EQ(fingerprint("foobar", 6), "343e1662793c64bf6f0d3597ba446f18");
}

}  // namespace
