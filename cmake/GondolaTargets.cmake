# How every Gondola target is made: one library per folder of src/, one test program per folder of tests/.

# Flags for our own code only; dependents of an installed Gondola never see them.
add_library(gondola_flags INTERFACE)
target_compile_features(gondola_flags INTERFACE cxx_std_17)
target_compile_options(gondola_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(GONDOLA_WERROR)
  target_compile_options(gondola_flags INTERFACE -Werror)
endif()
if(GONDOLA_SANITIZE)
  target_compile_options(gondola_flags INTERFACE -fsanitize=${GONDOLA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(gondola_flags INTERFACE -fsanitize=${GONDOLA_SANITIZE})
endif()

find_program(GONDOLA_CCACHE ccache)
if(GONDOLA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers are only cached when ccache may trust their time stamps.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
                                  ${GONDOLA_CCACHE})
endif()

# gondola_add_library(core SOURCES box.cpp ... [PUBLIC targets...] [PRIVATE targets...])
#
# Makes target gondola_core with the alias gondola::core. PUBLIC dependencies are those whose headers
# appear in ours; everything else is PRIVATE. A library without SOURCES is header-only.
function(gondola_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  set(target gondola_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:gondola_flags>)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(gondola::${name} ALIAS ${target})
  target_compile_features(${target} ${scope} cxx_std_17)
  target_include_directories(
    ${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                       $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} ${scope} ${arg_PUBLIC})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY GONDOLA_LIBRARIES ${target})
endfunction()

# gondola_add_test(core SOURCES box_test.cpp ... [LIBS targets...])
#
# Makes one GoogleTest program core_test; every TEST becomes a ctest test named Suite.Case.
function(gondola_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  set(target ${name}_test)
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE GONDOLA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE gondola_flags ${arg_LIBS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${target} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${name} TIMEOUT 300)
endfunction()
