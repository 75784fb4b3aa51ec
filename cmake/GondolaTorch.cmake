# Finds LibTorch 1.13 (Debian) or 2.x (CMAKE_PREFIX_PATH) and wraps it as gondola_torch.
#
# TorchConfig hands out its ABI switch in a flags variable and its include folders as ordinary ones;
# the wrapper carries both on one target, as system headers, so that our warnings stay ours.
find_package(Torch REQUIRED)
separate_arguments(gondola_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")

add_library(gondola_torch INTERFACE)
target_compile_options(gondola_torch INTERFACE ${gondola_torch_flags})
target_include_directories(gondola_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(gondola_torch INTERFACE ${TORCH_LIBRARIES})
