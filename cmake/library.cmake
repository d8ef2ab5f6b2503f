# What is shipped: one archive made of the layers' objects, the public headers, the command, and the
# files by which CMake (find_package(perdure)) and pkg-config find them.

include(CMakePackageConfigHelpers)

set(shipped_layers base io model journal store engine entities world jobs)

add_library(perdure STATIC)
add_library(perdure::perdure ALIAS perdure)
foreach(layer IN LISTS shipped_layers)
    target_sources(perdure PRIVATE $<TARGET_OBJECTS:perdure_${layer}>)
endforeach()
target_compile_features(perdure PUBLIC cxx_std_20)
target_include_directories(perdure PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(perdure PRIVATE
    Threads::Threads fmt::fmt PkgConfig::sqlite3 PkgConfig::xxhash)
set_target_properties(perdure PROPERTIES LINKER_LANGUAGE CXX)

if(PERDURE_SEEDED_BUGS)  # the first rule is the first that runs
    install(CODE "message(FATAL_ERROR \"this build has seeded bugs in it, and is never installed\")")
endif()
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/perdure)
install(TARGETS perdure EXPORT perdure-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT perdure-targets NAMESPACE perdure:: DESTINATION ${package_directory})
install(DIRECTORY include/perdure DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET perdure_cli)
    install(TARGETS perdure_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(cmake/perdure-config.cmake.in perdure-config.cmake
    INSTALL_DESTINATION ${package_directory} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(perdure-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/perdure-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/perdure-config-version.cmake DESTINATION ${package_directory})

# Relative to the file itself, so that the installed tree may be moved.
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/perdure.pc.in perdure.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/perdure.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
