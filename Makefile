# SPDX-License-Identifier: MIT
# `make help` lists what there is.

SHELL := /bin/bash
GO ?= go
FUZZTIME ?= 30s
BENCH ?= .
RECALL_ROOTFS ?= /var/tmp/systemd-hardening-recall
VERSION ?= $(or $(shell git describe --tags --always --dirty 2>/dev/null),devel)

# Directories of tests that say they can write their golden files anew.
with-golden = $(sort $(dir $(shell grep -rl --include='*_test.go' 'flag[.]Bool."update"' .)))

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target line; do \
		printf '  %-13s %s\n' "$$target" "$$line"; done

.PHONY: build
build: ## build bin/systemd-hardening, static and reproducible
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/systemd-hardening ./cmd/systemd-hardening

.PHONY: demo
demo: build ## scan, harden, scan again and gate a sample image (needs Go only)
	bash testdata/demo/run.sh bin/systemd-hardening

.PHONY: check
check: ## everything that CI checks, in 10 minutes at most; names what it skipped
	GO='$(GO)' bash .ci/check

.PHONY: test
test: ## run the tests with the Go at hand
	$(GO) test ./...

.PHONY: bench
bench: ## run the benchmarks (BENCH=regexp)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: fuzz
fuzz: ## run every fuzz target one after another (FUZZTIME=30s each)
	@set -e; grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort | while IFS=: read -r file target; do \
		$(GO) test -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime $(FUZZTIME) "$${file%/*}" </dev/null; done

.PHONY: golden
golden: ## write the golden files anew; review them with git diff
	$(GO) test -count=1 $(with-golden) -update

.PHONY: bitbake-test
bitbake-test: ## run the classes in real BitBake (needs BITBAKE_DIR and OE_CORE_DIR, see bbclass)
	$(GO) test ./bbclass -count=1 -v -timeout 3h

.PHONY: recall-test
recall-test: ## compare the evidence with real daemons under strace (root, mmdebstrap; an hour)
	[ -d '$(RECALL_ROOTFS)' ] || testdata/strace/rootfs '$(RECALL_ROOTFS)'
	testdata/strace/record '$(RECALL_ROOTFS)'
	RECALL_ROOTFS='$(RECALL_ROOTFS)' $(GO) test ./scanner/evidence -run TestRecall -count=1 -timeout 1h -args -table

.PHONY: recall-emulated-test
recall-emulated-test: ## the same for arm64, armhf and riscv64 under qemu-user (qemu-user-static, too; two hours)
	for arch in arm64 armhf riscv64; do \
		[ -d '$(RECALL_ROOTFS)'-$$arch ] || testdata/strace/rootfs '$(RECALL_ROOTFS)'-$$arch $$arch && testdata/strace/record '$(RECALL_ROOTFS)'-$$arch; \
	done
	RECALL_ROOTFS_ARM64='$(RECALL_ROOTFS)-arm64' RECALL_ROOTFS_ARMHF='$(RECALL_ROOTFS)-armhf' RECALL_ROOTFS_RISCV64='$(RECALL_ROOTFS)-riscv64' \
		$(GO) test ./scanner/evidence -run TestRecallEmulated -count=1 -timeout 1h -args -table

BOOT_DIR ?= /var/tmp/systemd-hardening-boot

.PHONY: boot-test
boot-test: build ## boot 93 real services with what harden writes for them (root, QEMU, 4 GB in BOOT_DIR; SERVICES="nginx ssh" for fewer)
	bash testdata/boot/build $(BOOT_DIR)
	rm -rf $(BOOT_DIR)/overlay
	bin/systemd-hardening harden $(BOOT_DIR)/rootfs --tree $(BOOT_DIR)/overlay
	bash testdata/boot/verify $(BOOT_DIR) $(BOOT_DIR)/overlay

.PHONY: loop-test
loop-test: ## harden a copy of LOOP_ROOTFS, scan it again, ask systemd-analyze (a Debian image: 10 minutes, 7 GB of memory)
	LOOP_ROOTFS='$(LOOP_ROOTFS)' SYSTEMD_ANALYZE='$(SYSTEMD_ANALYZE)' $(GO) test ./patcher -run 'TestImage$$' -count=1 -v -timeout 3h

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist
