# The two commands are `make demo` and `make test`; both set up, build and run everything, and can be repeated.
SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PRESET ?= release
BUILD := build/$(PRESET)
# Real data for the demo (a folder with corpus/ and tasks/nsmc/); empty: sample data that is made on the spot.
DATA ?=
# Time for pretraining with DATA=.
MINUTES ?= 15

# ccache wants a home of its own where the user has none.
ifeq ($(and $(HOME),$(wildcard $(HOME)/.)),)
export CCACHE_DIR ?= $(CURDIR)/.cache/ccache
endif

.PHONY: help setup setup-test configure build test test-slow demo format tidy clean

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'
	@echo
	@echo "  make demo DATA=../shared/data [MINUTES=15]   the same on real text"

setup: ## install what building and running need
	@tools/setup.sh

setup-test:
	@tools/setup.sh test

configure:
	@cmake --preset $(PRESET) --log-level=WARNING
	@ln -sfn $(BUILD)/compile_commands.json compile_commands.json

build: setup ## build everything
	@$(MAKE) --no-print-directory configure
	cmake --build $(BUILD) -j $(JOBS)

test: setup-test ## build, and run all tests but the slow ones and those that need a GPU
	@$(MAKE) --no-print-directory configure
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) -LE "slow|gpu" -j 2 --output-on-failure

test-slow: setup-test ## build, and run the slow tests on real data
	@$(MAKE) --no-print-directory configure
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) -L slow --output-on-failure

demo: setup ## the whole main job, on sample data or on DATA=FOLDER
	@$(MAKE) --no-print-directory configure
	cmake --build $(BUILD) -j $(JOBS) --target lmkor lmkor-model demo_summary
	@LMKOR_BIN=$(CURDIR)/$(BUILD)/bin MINUTES=$(MINUTES) examples/demo.sh $(DATA)

format: ## clang-format every C++ file
	clang-format-14 -i $$(git ls-files '*.h' '*.cpp' '*.cu')

tidy: build ## clang-tidy every C++ file of the house
	run-clang-tidy-14 -quiet -p $(BUILD) "$(CURDIR)/lmkor/.*"

clean: ## remove what was built (not the environments, not the demo's results)
	rm -rf build compile_commands.json
