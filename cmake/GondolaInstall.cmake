# cmake --install: the libraries and headers for find_package(gondola), and the data files.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY GONDOLA_LIBRARIES)
install(TARGETS ${libraries} EXPORT gondolaTargets)
install(DIRECTORY include/gondola DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
install(DIRECTORY configs weights DESTINATION ${CMAKE_INSTALL_DATADIR}/gondola OPTIONAL)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gondola)
install(EXPORT gondolaTargets NAMESPACE gondola:: DESTINATION ${package_dir})
configure_package_config_file(cmake/gondolaConfig.cmake.in gondolaConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(gondolaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gondolaConfig.cmake ${PROJECT_BINARY_DIR}/gondolaConfigVersion.cmake
        DESTINATION ${package_dir})
if(GONDOLA_WITH_TORCH)
  install(FILES cmake/GondolaTorch.cmake DESTINATION ${package_dir})
endif()
