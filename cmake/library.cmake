# What is shipped: the layers' objects as an archive and as a shared library, the public headers, the
# command, and the files by which CMake (find_package(perdure)) and pkg-config find them. Three
# components, which `make package` makes three Debian packages of: cmake/package.cmake.

include(CMakePackageConfigHelpers)

set(shipped_layers base io model journal store engine entities invariants world jobs c)

function(perdure_library name kind)
    add_library(${name} ${kind})
    add_library(perdure::${name} ALIAS ${name})
    foreach(layer IN LISTS shipped_layers)
        target_sources(${name} PRIVATE $<TARGET_OBJECTS:perdure_${layer}>)
    endforeach()
    target_compile_features(${name} PUBLIC cxx_std_20)
    target_include_directories(${name} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${name} PRIVATE
        Threads::Threads fmt::fmt PkgConfig::sqlite3 PkgConfig::xxhash)
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME perdure)
endfunction()

perdure_library(perdure STATIC)
set(shipped_libraries perdure)
if(PERDURE_SANITIZE STREQUAL "")  # a sanitizer's runtime is the program's, not a library's
    perdure_library(perdure_shared SHARED)
    list(APPEND shipped_libraries perdure_shared)
    set(exports ${PROJECT_SOURCE_DIR}/cmake/perdure.map)
    target_link_libraries(perdure_shared PRIVATE perdure_options)
    target_link_options(perdure_shared PRIVATE -Wl,--version-script=${exports} -Wl,--no-undefined)
    # Until 1.0 each minor version is an ABI of its own.
    set_target_properties(perdure_shared PROPERTIES LINK_DEPENDS ${exports}
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endif()

if(PERDURE_SEEDED_BUGS)  # the first rule is the first that runs
    install(CODE "message(FATAL_ERROR \"this build has seeded bugs in it, and is never installed\")")
endif()
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/perdure)
install(TARGETS ${shipped_libraries} EXPORT perdure-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(EXPORT perdure-targets NAMESPACE perdure:: DESTINATION ${package_directory}
    COMPONENT development)
install(DIRECTORY include/perdure DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)
if(TARGET perdure_cli)
    install(TARGETS perdure_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
endif()

# What gdb shows of our values. It finds printers by itself for what lies under /usr, by the library's whole
# path below a folder of its own; from elsewhere a person says `source …/perdure-gdb.py`.
install(FILES gdb/perdure-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/perdure/gdb COMPONENT development)
if(TARGET perdure_shared)
    install(FILES gdb/perdure-gdb.py COMPONENT library
        DESTINATION ${CMAKE_INSTALL_DATADIR}/gdb/auto-load/usr/${CMAKE_INSTALL_LIBDIR}
        RENAME libperdure.so.${PROJECT_VERSION}-gdb.py)
endif()

configure_package_config_file(cmake/perdure-config.cmake.in perdure-config.cmake
    INSTALL_DESTINATION ${package_directory} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(perdure-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/perdure-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/perdure-config-version.cmake
    DESTINATION ${package_directory} COMPONENT development)

# Relative to the file itself, so that the installed tree may be moved.
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/perdure.pc.in perdure.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/perdure.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
