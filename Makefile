# `sam build` calls build-<LogicalId> for each function of template.yaml. The function's binary is named like its
# crate: PlaceOrder is place_order. By default it comes from one release build of the whole workspace for Lambda;
# with HOLDFAST_BIN_DIR it is taken from that folder as it is. HOLDFAST_ARCHITECTURE is what the template's parameter
# Architecture says: x86_64 or arm64.

SHELL := /bin/bash
# cargo-lambda, and the linker that it brings, are among the tools that `cargo xtask tools` installs.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
.SHELLFLAGS := -euo pipefail -c

crate = $(shell sed -E 's/([a-z0-9])([A-Z])/\1_\2/g' <<< '$(1)' | tr '[:upper:]' '[:lower:]')

HOLDFAST_ARCHITECTURE ?= x86_64
architecture_option_x86_64 := --x86-64
architecture_option_arm64 := --arm64
architecture_option := $(architecture_option_$(HOLDFAST_ARCHITECTURE))
ifeq ($(architecture_option),)
$(error HOLDFAST_ARCHITECTURE is x86_64 or arm64, not $(HOLDFAST_ARCHITECTURE))
endif

ifdef HOLDFAST_BIN_DIR
binary = $(HOLDFAST_BIN_DIR)/$(call crate,$(1))
built :=
else
binary = target/lambda/$(call crate,$(1))/bootstrap
built := release
endif

.PHONY: release

build-%: $(built)
	cp '$(call binary,$*)' '$(ARTIFACTS_DIR)/bootstrap'

release:
	cargo lambda build --release $(architecture_option) $(foreach folder,$(wildcard functions/*),--package $(notdir $(folder)))
