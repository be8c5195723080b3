# Everything a person or CI does with this checkout. `make help` tells.

PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
STATEDIR ?= /var/lib
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
DOCDIR = $(PREFIX)/share/doc/extbackup
# systemd and udev read /usr/local/lib and /usr/lib, so the prefix decides.
UNITDIR = $(LIBDIR)/systemd/system
UDEVDIR = $(LIBDIR)/udev/rules.d

SWIFT ?= swift
# Built in release mode, with Swift's runtime inside; the C libraries stay the system's.
# Symbols of static libraries stay inside: Foundation has a uuid_unparse that would displace libuuid's.
RELEASE = -c release --static-swift-stdlib --product extbackup -Xlinker --exclude-libs=ALL

# What building needs, and what testing needs besides (tools/deps tells what each is for).
.PHONY: help deps build test check format demo bench install uninstall clean lab-tools

help:
	@echo "make demo      see the whole job on a virtual NAS: no drive, no light needed"
	@echo "make test      all tests: unit, engine, and the lab's scenarios"
	@echo "make bench     the copier beside rsync, cp and bare system calls (an hour and a half; needs root)"
	@echo "make build     the program, in release mode: .build/release/extbackup"
	@echo "make install   put it on this machine (DESTDIR=, PREFIX=$(PREFIX))"
	@echo "make uninstall take it away again; keys, headers, history and configuration stay"
	@echo "make check     formatting, and warnings as errors"
	@echo "make deps      install the Debian packages that are missing"

deps:
	@tools/deps

build: deps
	$(SWIFT) build $(RELEASE)

# Debug builds for the tests, a release build and its installed tree for the lab.
test: deps stage
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --parallel --skip LabTests
	EXTBACKUP_STAGE=$(CURDIR)/.stage $(SWIFT) test --skip-build --no-parallel --filter LabTests

check: deps
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift
	EXTBACKUP_STRICT=1 $(SWIFT) build --build-tests
	tools/check-layers

format:
	$(SWIFT) format format --in-place --recursive --parallel Sources Tests Package.swift

# The tree that `make install` makes, for the lab's guest.
.PHONY: stage
stage: build
	@rm -rf .stage
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/.stage PREFIX=/usr >/dev/null

demo: deps stage
	$(SWIFT) build --product extbackup-demo
	$(SWIFT) build --product blinkstick-vhci
	@EXTBACKUP_STAGE=$(CURDIR)/.stage .build/debug/extbackup-demo

# What is measured: WORK="first-small no-change" FS="ext4 xfs" RUNS=5 SCALE=0.1, everything when nothing is said.
# Tables go to docs/benchmarks.md; those of a smaller scale stay beside the images, as they tell nothing.
WORK ?=
FS ?=
RUNS ?=
SCALE ?=
ENGINE ?= $(CURDIR)/.build/release/extbackup
BENCH_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/extbackup-bench
BENCH_REPORT ?= $(if $(filter-out 1,$(SCALE)),$(BENCH_CACHE)/benchmarks-scaled.md,$(CURDIR)/docs/benchmarks.md)
SUDO ?= $(if $(filter 0,$(shell id -u)),,sudo)

bench: build
	$(SWIFT) build $(RELEASE:extbackup=extbackup-floor)
	$(SWIFT) build $(RELEASE:extbackup=extbackup-bench)
	@$(SUDO) .build/release/extbackup-bench ENGINE="$(ENGINE)" FLOOR="$(CURDIR)/.build/release/extbackup-floor" \
	    CACHE="$(BENCH_CACHE)" REPORT="$(BENCH_REPORT)" WORK="$(WORK)" FS="$(FS)" RUNS="$(RUNS)" SCALE="$(SCALE)"

UNITS = extbackup@.service extbackup-failed@.service extbackup-led.service extbackup-mail.path extbackup-mail.service

install:
	@test -x .build/release/extbackup || { echo "run 'make build' first" >&2; exit 1; }
	install -D -m 0755 .build/release/extbackup $(DESTDIR)$(BINDIR)/extbackup
	install -d -m 0755 $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DOCDIR)
	@for unit in $(UNITS); do \
	    sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@DOCDIR@|$(DOCDIR)|g' units/$$unit.in \
	        > $(DESTDIR)$(UNITDIR)/$$unit && chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	install -D -m 0644 udev/70-extbackup.rules $(DESTDIR)$(UDEVDIR)/70-extbackup.rules
	install -D -m 0644 units/extbackup.tmpfiles $(DESTDIR)$(LIBDIR)/tmpfiles.d/extbackup.conf
	install -D -m 0644 units/extbackup.sysusers $(DESTDIR)$(LIBDIR)/sysusers.d/extbackup.conf
	install -m 0644 README.md CHANGELOG.md docs/config.toml $(DESTDIR)$(DOCDIR)
	install -d -m 0755 $(DESTDIR)$(SYSCONFDIR)/extbackup $(DESTDIR)$(SYSCONFDIR)/extbackup/drives.d
	install -d -m 0700 $(DESTDIR)$(SYSCONFDIR)/extbackup/keys
	install -d -m 0700 $(DESTDIR)$(STATEDIR)/extbackup $(DESTDIR)$(STATEDIR)/extbackup/headers \
	    $(DESTDIR)$(STATEDIR)/extbackup/outbox
	@test -n "$(DESTDIR)" || tools/after-install

# Keys, header backups, history and configuration are not ours to remove.
uninstall:
	@test -n "$(DESTDIR)" || tools/before-uninstall
	rm -f $(DESTDIR)$(BINDIR)/extbackup $(DESTDIR)$(UDEVDIR)/70-extbackup.rules \
	    $(DESTDIR)$(LIBDIR)/tmpfiles.d/extbackup.conf $(DESTDIR)$(LIBDIR)/sysusers.d/extbackup.conf
	rm -f $(foreach unit,$(UNITS),$(DESTDIR)$(UNITDIR)/$(unit))
	rm -rf $(DESTDIR)$(DOCDIR)
	@echo "kept: $(SYSCONFDIR)/extbackup (configuration, keys), $(STATEDIR)/extbackup (headers, history)"

clean:
	rm -rf .build .stage
