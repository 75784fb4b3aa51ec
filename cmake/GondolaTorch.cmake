# Wraps LibTorch 1.13 (Debian) or 2.x (CMAKE_PREFIX_PATH), already found, as gondola_torch. The installed
# package includes this file too.
#
# TorchConfig hands out its ABI switch in a flags variable and its include folders as ordinary ones;
# the wrapper carries both on one target, as system headers, so that our warnings stay ours.
if(TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  message(FATAL_ERROR "${TORCH_LIBRARY} was built with the old C++ ABI, which OpenCV and yaml-cpp are not; "
                      "use the cxx11-abi build of LibTorch")
endif()
separate_arguments(gondola_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")

add_library(gondola_torch INTERFACE IMPORTED)
target_compile_options(gondola_torch INTERFACE ${gondola_torch_flags})
target_include_directories(gondola_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(gondola_torch INTERFACE ${TORCH_LIBRARIES})
