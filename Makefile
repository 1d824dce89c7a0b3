# The two commands of a newcomer are `make run` and `make test`; the rest is for those who work here (make help).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON := /usr/bin/python3
PRESET ?= dev
PART ?=

.PHONY: help run test check test-long tidy format format-check coverage fuzz bench docs clean
help:
	@echo "make run                     install what is missing, build a release, run the main job"
	@echo "make test                    install what is missing, build, run the suite (what CI runs)"
	@echo "make check PART=base         build and test one part, incrementally"
	@echo "make test-long [PART=base]   the depth: every sanitizer and compiler, long fuzzing; resumable"
	@echo "make bench [PART=base]       benchmarks beside their peers, results under bench/results/"
	@echo "make fuzz TARGET=x TIME=60   one fuzz target"
	@echo "make tidy | format | format-check | coverage | docs | clean"

run:
	@.ci/setup build
	@.ci/configure release $(if $(wildcard build/release/CMakeCache.txt),,-DTWILL_BUILD_TESTS=OFF -DTWILL_UNITY=ALL)
	@cmake --build --preset release --target twill example_par_word_count example_comm_pi example_hybrid_monte_carlo
	@build/release/bin/twill doctor
	@echo && echo "the words of docs/, counted by par and once more serially"
	@build/release/examples/par/word_count docs
	@echo && echo "pi, by two processes"
	@build/release/bin/twill run -n 2 -- build/release/examples/comm/pi
	@echo && echo "options priced by two processes of two threads each"
	@build/release/bin/twill run -n 2 --threads 2 -- build/release/examples/hybrid/monte_carlo --paths 2000000

test:
	@.ci/test

check:
	@test -n "$(PART)" || { echo "make check needs a part: make check PART=base" >&2; exit 64; }
	@.ci/check "$(PART)" "$(PRESET)"

test-long:
	@.ci/setup build test docs
	@$(PYTHON) .ci/test_long.py $(if $(PART),--part $(PART))

bench:
	@.ci/setup build test
	@bench/setup-peers
	@.ci/configure release -DTWILL_BUILD_TESTS=ON -DTWILL_BUILD_BENCH=ON
	@cmake --build --preset release
	@$(PYTHON) bench/run.py $(if $(PART),--part $(PART))

fuzz:
	@test -n "$(TARGET)" || { echo "make fuzz needs a target: make fuzz TARGET=json TIME=60" >&2; exit 64; }
	@.ci/setup build test
	@.ci/fuzz "$(TARGET)" "$(or $(TIME),60)"

tidy:
	@.ci/setup build test tools
	@cmake --preset tidy && cmake --build --preset tidy -- -k 0

format:
	@.ci/setup tools
	@git ls-files '*.cpp' '*.hpp' ':!tests/layers' ':!tests/orders' | xargs clang-format-19 -i

format-check:
	@.ci/setup tools
	@git ls-files '*.cpp' '*.hpp' ':!tests/layers' ':!tests/orders' | xargs clang-format-19 --dry-run --Werror

coverage:
	@.ci/setup build test tools
	@cmake --preset coverage && cmake --build --preset coverage && ctest --preset coverage
	@gcovr --root . --filter 'libs/.*/(src|include)/' --print-summary --html-details build/coverage/report.html build/coverage

docs:
	@.ci/setup build docs
	@.ci/docs

clean:
	rm -rf build site
