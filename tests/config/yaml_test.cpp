#include "gondola/config/yaml.hpp"
#include <gtest/gtest.h>
