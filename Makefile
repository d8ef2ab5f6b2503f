# The front door. `make` alone lists the targets; continuous integration calls the same ones.
#
#   ARGS="…"         passed on to the program (run, bench, simulate, crash-test) or to ctest (test …)
#   PACKAGES=no      never ask apt for anything
#   CMAKE_ARGS="…"   passed on to cmake, for example -DPERDURE_WERROR=OFF with a newer compiler
#   SEED=7           simulate: this run alone, told line by line
#   SHARE=4          seeded-bugs: a quarter of them, another one each day (TURN says which)
#   JOBS, PREFIX     how many at a time; where `make install` puts things
#   SECONDS=60       how long each fuzzer runs, or simulate-long; SEED is where that begins

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
SECONDS ?= 60
SEED ?=
PACKAGES ?= yes
ARGS ?=
SHARE ?= 1
TURN ?=
CMAKE_ARGS ?=
export JOBS PACKAGES
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)

bin := build/release/bin
configure := cmake --log-level=WARNING --preset
compile := cmake --build
packages = @[[ $(PACKAGES) == no ]] || scripts/install-packages.sh
# The thread sanitizer cannot place its shadow where newer kernels put things at random
fixed_addresses = $(shell setarch -R true 2>/dev/null && echo setarch -R)
# Most of the time of tests with files is the disk's flushes, where there is no disk in memory
in_memory = $(shell test -w /dev/shm && echo TEST_TMPDIR=/dev/shm)
# Exhaustive tests do a part of their work under sanitizers, where it takes twenty times as long
share := 20
# Suites with threads. The simulator and exhaustion have none, the others are processes or run nothing
threaded := base io journal store engine entities world plugin c jobs
space := $(subst ,, )
# Layers whose branches count, and percent of them in the layer that has the fewest
covered := journal store engine
coverage_floor := 95
# Assertions in a thousand lines, of the layer that has the fewest; the goal is 25
assertion_floor := 25
find_sources := find $(wildcard src include tests bench examples) -name '*.h' -o -name '*.cc' -o -name '*.c'

.PHONY: help build run test package-free lint lint-format lint-rules lint-headers clang lint-tidy analyze \
    format asan tsan fuzz fuzz-build fuzz-merge fuzz-seeds coverage simulate simulate-long seeded-bugs \
    crash-test torture torture-short torture-build keep-worlds docs bench install package install-test \
    ci clean

help:
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build/release/bin/perdure ## build a release and watch a world live: ARGS="--seconds 10"
	@exec $(bin)/perdure demo $(ARGS)

build: ## build the library, the command, the tests and the examples
	$(packages) test
	@$(configure) release -DPERDURE_BUILD_TESTS=ON -DPERDURE_BUILD_EXAMPLES=ON $(CMAKE_ARGS)
	@$(compile) build/release

test: build ## run all tests
	@scripts/run-tests.sh build/release -LE install $(ARGS)

keep-worlds: build ## keep worlds of new shapes as files, for later programs to open
	@PERDURE_KEEP_WORLDS=1 $(bin)/perdure_world_test --gtest_filter='*KeptWorlds*'

package-free: ## the same as test, without asking apt for anything
	@$(MAKE) PACKAGES=no test

lint: lint-format lint-rules lint-headers lint-tidy ## every check that runs nothing

lint-format: lint-packages
	@$(find_sources) | xargs -r clang-format --dry-run -Werror
	@echo "format: fine"

lint-rules: lint-packages
	@python3 tests/architecture/layers_test.py
	@python3 tests/architecture/layers.py .
	@scripts/count-assertions.sh $(assertion_floor)

lint-headers: lint-packages
	@scripts/check-headers.sh include perdure
	@scripts/check-headers.sh src . -I include

clang: lint-packages ## build the library and the command with clang, warnings as errors
	@$(configure) clang -DPERDURE_BUILD_TESTS=OFF $(CMAKE_ARGS)
	@$(compile) build/clang

lint-tidy: lint-packages
	@$(configure) clang -DPERDURE_BUILD_TESTS=OFF $(CMAKE_ARGS) >/dev/null
	@run-clang-tidy-14 -quiet -j $(JOBS) -p build/clang \
	    2> >(grep -v 'warnings\? generated' >&2) | { grep -v '^clang-tidy-14 --use-color' || true; }
	@echo "clang-tidy: fine"

analyze: lint-packages ## clang's static analyzer over src/: half an hour on two cores, not part of lint
	@$(configure) clang -DPERDURE_BUILD_TESTS=OFF $(CMAKE_ARGS) >/dev/null
	@run-clang-tidy-14 -quiet -j $(JOBS) -p build/clang \
	    -checks='-*,clang-analyzer-*,-clang-analyzer-cplusplus.NewDeleteLeaks'

lint-packages:
	$(packages) lint

format: lint-packages ## rewrite the sources as clang-format wants them
	@$(find_sources) | xargs -r clang-format -i

asan: ## run all tests under the address and undefined behaviour sanitizers, built by clang
	$(packages) sanitize
	@$(configure) asan $(CMAKE_ARGS)
	@$(compile) build/asan
	@PERDURE_SHARE=$(share) ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
	    scripts/run-tests.sh build/asan -LE install $(ARGS)

tsan: ## run the suites that have threads under the thread sanitizer, built by clang
	$(packages) sanitize
	@$(configure) tsan $(CMAKE_ARGS)
	@$(compile) build/tsan --target $(threaded:%=perdure_%_test)
	@PERDURE_SHARE=$(share) TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" \
	    $(fixed_addresses) scripts/run-tests.sh build/tsan -R "^($(subst $(space),|,$(threaded)))$$" $(ARGS)

fuzz: fuzz-build ## fuzz every decoder, or ARGS="recovery …", for SECONDS=60 each; a CI-sized share is SECONDS=5, a minute in all
	@JOBS=$(JOBS) scripts/fuzz.sh build/fuzz $(SECONDS) $(ARGS)

fuzz-build:
	$(packages) sanitize
	@$(configure) fuzz $(CMAKE_ARGS)
	@$(compile) build/fuzz --target fuzzers

fuzz-merge: fuzz-build ## keep what the fuzzers found, as small as it can be, in tests/fuzz/corpus
	@scripts/fuzz-merge.sh build/fuzz $(ARGS)

fuzz-seeds: ## write the seeds of tests/fuzz/corpus again, with the encoders as they are now
	$(packages) test
	@$(configure) release -DPERDURE_BUILD_TESTS=ON $(CMAKE_ARGS)
	@$(compile) build/release --target perdure_fuzz_seeds
	@$(bin)/perdure_fuzz_seeds tests/fuzz/corpus

coverage: ## which branches of journal, store and engine their own tests take; fails below the floor
	$(packages) coverage
	@$(configure) coverage -DPERDURE_BUILD_TESTS=ON $(CMAKE_ARGS)
	@$(compile) build/coverage --target $(covered:%=perdure_%_test)
	@find build/coverage -name '*.gcda' -delete
	@$(in_memory) PERDURE_SHARE=$(share) scripts/run-tests.sh build/coverage \
	    -R "^($(subst $(space),|,$(covered)))$$" $(ARGS)
	@scripts/coverage.py build/coverage $(coverage_floor)

simulate: ## crash the simulated kernel at every I/O operation: SEED=7 tells one run, ARGS="--runs 1000"
	$(packages) test
	@$(configure) release -DPERDURE_BUILD_TESTS=ON $(CMAKE_ARGS)
	@$(compile) build/release --target perdure_simulate
	@exec $(bin)/perdure_simulate $(if $(SEED),--seed $(SEED)) $(ARGS)

simulate-long: ## exhaustion and the simulator by turns, on all cores: SECONDS=3600 [SEED=7]
	$(packages) test
	@$(configure) release -DPERDURE_BUILD_TESTS=ON $(CMAKE_ARGS)
	@$(compile) build/release --target perdure_exhaust
	@exec $(bin)/perdure_exhaust --seconds $(SECONDS) --jobs $(JOBS) $(if $(SEED),--seed $(SEED)) $(ARGS)

seeded-bugs: ## build bugs in, one after the other, and see the tests catch each: SHARE=4 for a quarter
	$(packages) sanitize
	@$(configure) bugs -DPERDURE_BUILD_TESTS=ON $(CMAKE_ARGS)
	@$(compile) build/bugs
	@tests/seeded_bugs/hunt.py build/bugs --jobs $(JOBS) --share $(SHARE) $(if $(TURN),--turn $(TURN)) $(ARGS)

crash-test: build/release/bin/perdure ## kill a real world again and again: ARGS="--kills 100"
	@exec $(bin)/perdure demo --crash-test $(ARGS)

torture: torture-build ## real processes killed 10,000 times, stopped, starved of disk: ARGS="--seed 7"
	@exec $(bin)/perdure_torture --kills 10000 --rivalries 200 --fillings 50 $(ARGS)

torture-short: torture-build
	@exec $(bin)/perdure_torture --kills 300 --rivalries 20 --fillings 10 $(ARGS)

torture-build:
	$(packages) test
	@$(configure) release -DPERDURE_BUILD_TESTS=ON $(CMAKE_ARGS)
	@$(compile) build/release --target perdure_torture perdure_cli

docs: ## write the reference of the public headers and the guide into build/docs; a warning is an error
	$(packages) docs
	@mkdir -p build/docs
	@doxygen docs/Doxyfile
	@echo "reference: build/docs/html/index.html"

bench: ## compare with the peers and with the machine
	$(packages) bench
	@$(configure) release -DPERDURE_BUILD_TESTS=OFF -DPERDURE_BUILD_BENCH=ON $(CMAKE_ARGS)
	@$(compile) build/release
	@exec bench/run $(bin) $(ARGS)

install: build/release/bin/perdure ## install libraries, headers and command: PREFIX=/usr/local
	@$(compile) build/release --target perdure perdure_shared
	@cmake --install build/release --prefix $(PREFIX)
	@[[ $$EUID -ne 0 ]] || ldconfig

package: build/release/bin/perdure ## make Debian packages in build/packages
	$(packages) package
	@$(compile) build/release --target perdure perdure_shared
	@cd build/release && cpack -B ../packages >/dev/null
	@ls build/packages/*.deb

install-test: build ## install into a scratch folder, make the packages, build programs against both
	$(packages) package
	@scripts/run-tests.sh build/release -L install

ci: ## test, lint, docs, torture-short, install-test, asan, tsan, with the time of each
	@scripts/ci.sh

clean: ## remove build/
	@rm -rf build

# The command alone, without what the tests need: the first tick must not wait for them.
.PHONY: build/release/bin/perdure
build/release/bin/perdure:
	$(packages) run
	@test -f build/release/build.ninja || $(configure) release \
	    -DPERDURE_BUILD_TESTS=OFF -DPERDURE_BUILD_EXAMPLES=OFF $(CMAKE_ARGS)
	@$(compile) build/release --target perdure_cli
