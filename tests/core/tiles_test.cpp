#include "gondola/core/tiles.hpp"

#include <gtest/gtest.h>
