# What passes from data to trainer, without LibTorch, so that the data library needs none.
gondola_add_library(train_batches SOURCES ${CMAKE_CURRENT_LIST_DIR}/batch_source.cpp PUBLIC gondola::core)
