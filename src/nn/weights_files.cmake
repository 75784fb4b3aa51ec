# Readers and writers of weights files, without LibTorch, so that they build and are fuzzed fast.
gondola_add_library(
  nn_files
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/checkpoint.cpp
          ${CMAKE_CURRENT_LIST_DIR}/checkpoint_tensors.cpp
          ${CMAKE_CURRENT_LIST_DIR}/float16.cpp
          ${CMAKE_CURRENT_LIST_DIR}/mapped_file.cpp
          ${CMAKE_CURRENT_LIST_DIR}/pickle.cpp
          ${CMAKE_CURRENT_LIST_DIR}/safetensors.cpp
          ${CMAKE_CURRENT_LIST_DIR}/tensor_data.cpp
          ${CMAKE_CURRENT_LIST_DIR}/text.cpp
          ${CMAKE_CURRENT_LIST_DIR}/zip_archive.cpp
  PUBLIC gondola::core
  PRIVATE nlohmann_json::nlohmann_json PkgConfig::libzip)
