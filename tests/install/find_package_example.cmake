# Installs the build tree BUILD into a new prefix below WORK, builds examples/embed of SOURCE against
# that prefix (and PREFIX_PATH, where its dependencies may be), and runs it on the shared picture and
# weights.
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${WORK})

execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${prefix}
                COMMAND_ERROR_IS_FATAL ANY)

set(flags "")
if(SANITIZE)
  set(flags -fsanitize=${SANITIZE})
endif()
execute_process(
  COMMAND
    ${CMAKE_COMMAND} -S ${SOURCE}/examples/embed -B ${WORK}/build -G ${GENERATOR}
    -D CMAKE_BUILD_TYPE=${CONFIG} -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${flags}
    -D "CMAKE_PREFIX_PATH=${prefix};${PREFIX_PATH}"
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)

# A program that only detects starts without LibTorch and the codecs of OpenCV, see CONTRIBUTING.md.
execute_process(COMMAND ldd ${WORK}/build/embed OUTPUT_VARIABLE loaded COMMAND_ERROR_IS_FATAL ANY)
foreach(library IN ITEMS libtorch libc10 libopencv_imgcodecs libopencv_highgui)
  if(loaded MATCHES ${library})
    message(FATAL_ERROR "embed loads ${library}:\n${loaded}")
  endif()
endforeach()

# Nothing of the build or the source tree may be left in the package.
file(GLOB package ${prefix}/lib*/cmake/gondola/*.cmake ${prefix}/lib*/*/cmake/gondola/*.cmake)
foreach(file IN LISTS package)
  file(READ ${file} text)
  foreach(folder IN ITEMS ${BUILD} ${SOURCE})
    string(FIND "${text}" "${folder}" position)
    if(NOT position EQUAL -1)
      message(FATAL_ERROR "${file} names ${folder}")
    endif()
  endforeach()
endforeach()

set(shared $ENV{GONDOLA_SHARED})
if(NOT shared)
  cmake_path(GET SOURCE PARENT_PATH shared)
  string(APPEND shared /shared)
endif()
set(model ${shared}/weights/yolov8n.pt)
set(picture ${shared}/golden/bus.jpg)
foreach(file IN ITEMS ${model} ${picture})
  if(NOT EXISTS ${file})
    message("needs ${file}; set GONDOLA_SHARED to the folder of shared data")
    return()
  endif()
endforeach()

execute_process(COMMAND ${WORK}/build/embed ${model} ${picture} OUTPUT_VARIABLE output
                COMMAND_ERROR_IS_FATAL ANY)
message("${output}")
string(REGEX MATCHALL "person" people "${output}")
string(REGEX MATCHALL "bus" buses "${output}")
list(LENGTH people people)
list(LENGTH buses buses)
if(NOT "${people} ${buses}" STREQUAL "4 1")
  message(FATAL_ERROR "${picture}: expected 4 person and 1 bus, got ${people} and ${buses}")
endif()
