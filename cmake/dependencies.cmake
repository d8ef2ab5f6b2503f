# What the library links. Found here, at the root and visible everywhere, so that programs that
# add_subdirectory(perdure) can link it too. A new one also goes to perdure-config.cmake.in,
# perdure.pc.in and scripts/install-packages.sh; the install test notices what was forgotten.

set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET GLOBAL sqlite3>=3.40)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET GLOBAL libxxhash>=0.8)
