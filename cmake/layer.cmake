# A folder under src/ is a layer, and a layer is one target: perdure_<layer>.
#
#   perdure_layer(journal DEPENDS model io base LIBRARIES xxhash)
#
# Its sources are every .cc in the folder and below. tests/architecture holds the rule about who may
# include whom; DEPENDS only says what must be linked.

add_library(perdure_options INTERFACE)
target_compile_features(perdure_options INTERFACE cxx_std_20)
target_link_libraries(perdure_options INTERFACE Threads::Threads)
target_compile_options(perdure_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual)
if(PERDURE_WERROR)
    target_compile_options(perdure_options INTERFACE -Werror)
endif()
if(PERDURE_SEEDED_BUGS)
    target_compile_definitions(perdure_options INTERFACE PERDURE_SEEDED_BUGS)
endif()
if(PERDURE_SANITIZE STREQUAL "address")
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(PERDURE_SANITIZE STREQUAL "thread")
    set(sanitizers -fsanitize=thread -fno-omit-frame-pointer)
elseif(PERDURE_SANITIZE STREQUAL "fuzz")
    set(sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
elseif(NOT PERDURE_SANITIZE STREQUAL "")
    message(FATAL_ERROR "PERDURE_SANITIZE must be address, thread, fuzz or empty")
endif()
if(sanitizers)
    target_compile_options(perdure_options INTERFACE ${sanitizers})
    target_link_options(perdure_options INTERFACE ${sanitizers})
endif()

add_library(perdure_test_options INTERFACE)
target_compile_options(perdure_test_options INTERFACE
    $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # At -O1 g++ 12 sees copies past the end of short strings where there are none.
    target_compile_options(perdure_test_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
endif()

# What a folder compiles; a folder of headers only, or a new one, gets an empty source.
function(perdure_sources variable)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
    if(NOT sources)
        set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cc)
        file(CONFIGURE OUTPUT ${sources} CONTENT "")
    endif()
    set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# Of a coverage build: PERDURE_UNMEASURED are the layers in which it counts nothing. They are optimised, for
# checksums that are not take most of the time of its tests. PERDURE_THROWLESS catch nothing, and are compiled
# without what cleans up behind a throw: its branches are no decisions of ours, and gcov marks but some of them.
function(perdure_layer name)
    cmake_parse_arguments(layer "" "" "DEPENDS;LIBRARIES" ${ARGN})
    perdure_sources(sources)
    add_library(perdure_${name} STATIC ${sources})
    target_include_directories(perdure_${name}
        PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(perdure_${name} PRIVATE perdure_options)
    foreach(dependency IN LISTS layer_DEPENDS)
        target_link_libraries(perdure_${name} PUBLIC perdure_${dependency})
    endforeach()
    target_link_libraries(perdure_${name} PUBLIC ${layer_LIBRARIES})
    if(name IN_LIST PERDURE_UNMEASURED)
        target_compile_options(perdure_${name} PRIVATE -O2 -fno-profile-arcs -fno-test-coverage)
    endif()
    if(name IN_LIST PERDURE_THROWLESS)
        target_compile_options(perdure_${name} PRIVATE -fno-exceptions)
    endif()
endfunction()

# One test program per layer, from every *_test.cc in the folder: perdure_<name>_test. Most of what a
# test costs is compiling it: the test framework is compiled once for all of them, and the tests
# themselves are optimised little or not at all, what they test as it is shipped.
function(perdure_layer_tests name)
    cmake_parse_arguments(layer "" "" "DEPENDS;LIBRARIES" ${ARGN})
    perdure_sources(sources)
    add_executable(perdure_${name}_test ${sources})
    target_link_libraries(perdure_${name}_test PRIVATE perdure_test_options)
    set_target_properties(perdure_${name}_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_precompile_headers(perdure_${name}_test REUSE_FROM perdure_test_framework)
    target_include_directories(perdure_${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(perdure_${name}_test PRIVATE perdure_options GTest::gtest GTest::gtest_main
        ${layer_LIBRARIES})
    foreach(dependency IN LISTS layer_DEPENDS)
        target_link_libraries(perdure_${name}_test PRIVATE perdure_${dependency})
    endforeach()
    add_test(NAME ${name} COMMAND perdure_${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()
