# Everything a person or CI does with this checkout. `make help` tells.

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
SHAREDIR = $(PREFIX)/share
DOCDIR = $(SHAREDIR)/doc/extbackup
# systemd and udev read /usr/local/lib and /usr/lib, so the prefix decides.
UNITDIR = $(LIBDIR)/systemd/system
UDEVDIR = $(LIBDIR)/udev/rules.d
# zsh looks for completions of packages and of the administrator in different folders.
ZSHDIR = $(SHAREDIR)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

SWIFT ?= swift
# Built in release mode, with Swift's runtime inside; the C libraries stay the system's.
# Symbols of static libraries stay inside: Foundation has a uuid_unparse that would displace libuuid's.
# Beside the program nothing is looked for.
RELEASE = -c release --static-swift-stdlib --disable-local-rpath --product extbackup -Xlinker --exclude-libs=ALL
PROGRAM = .build/release/extbackup

# Made of the program's own help.
PAGE = .build/documents/extbackup.1
COMPLETIONS = $(addprefix .build/documents/extbackup.,bash zsh fish)

VERSION = $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
PACKAGE = dist/extbackup_$(VERSION)_$(shell dpkg --print-architecture).deb

# What building needs, and what testing needs besides (tools/deps tells what each is for).
.PHONY: help deps build compile deb test check format demo tour bench install uninstall clean

help:
	@echo "make demo      see the whole job on a virtual NAS: no drive, no light needed"
	@echo "make test      all tests: unit, engine, and the lab's scenarios"
	@echo "make tour      docs/tour.md: every command and what it answers, from the lab"
	@echo "make bench     the copier beside rsync, cp and bare system calls (an hour and a half; needs root)"
	@echo "make build     the program, in release mode: .build/release/extbackup"
	@echo "make deb       the Debian package, in dist"
	@echo "make install   put it on this machine without a package (DESTDIR=, PREFIX=$(PREFIX))"
	@echo "make uninstall take it away again; keys, headers, history and configuration stay"
	@echo "make check     formatting, warnings as errors, scripts, versions"
	@echo "make deps      install the Debian packages that are missing"

deps:
	@tools/deps

build: deps
	@$(MAKE) --no-print-directory compile

# As `build`, where everything that is needed is known to be there.
compile:
	$(SWIFT) build $(RELEASE)
	$(SWIFT) build $(RELEASE:extbackup=extbackup-manual)
	@$(MAKE) --no-print-directory $(PAGE) $(COMPLETIONS)

$(PAGE): docs/man/extbackup.1.in $(PROGRAM) .build/release/extbackup-manual
	@mkdir -p $(@D)
	$(PROGRAM) --experimental-dump-help > $@.json
	.build/release/extbackup-manual $< $@.json > $@.new
	@mv $@.new $@

# Shells read these files, nobody runs them.
.build/documents/extbackup.%: $(PROGRAM)
	@mkdir -p $(@D)
	$(PROGRAM) --generate-completion-script $* > $@.new
	@sed '1{/^#!/d}' $@.new > $@ && rm $@.new

# The package, checked. It is made again when something in it changed.
deb: build
	@$(MAKE) --no-print-directory $(PACKAGE)

# What debhelper leaves in the tree.
BY_DEBHELPER = debian/.debhelper debian/debhelper-build-stamp debian/extbackup debian/extbackup.substvars \
    debian/*.debhelper debian/files
PACKAGED = $(wildcard units/* udev/* docs/man/*) $(addprefix debian/,changelog control copyright rules) \
    $(addprefix debian/extbackup.,lintian-overrides postinst postrm prerm) README.md CHANGELOG.md docs/config.toml Makefile \
    tools/check-package tools/package-contents

$(PACKAGE): $(PROGRAM) $(PAGE) $(COMPLETIONS) $(PACKAGED)
	dpkg-checkbuilddeps
	rm -rf dist $(BY_DEBHELPER)
	mkdir dist
	debian/rules binary DIST=$(CURDIR)/dist
	rm -rf $(BY_DEBHELPER)
	tools/check-package $@ || { rm -f $@; exit 1; }

# Debug builds for the tests, and the package for the lab.
test: deps deb
	$(SWIFT) build --build-tests
	SWIFT=$(SWIFT) tools/run-tests unit-tests --parallel --skip LabTests
	SWIFT=$(SWIFT) EXTBACKUP_PACKAGE=$(CURDIR)/$(PACKAGE) tools/run-tests lab-tests --no-parallel --filter LabTests

check: deps
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests tools Package.swift
	EXTBACKUP_STRICT=1 $(SWIFT) build --build-tests
	tools/check-layers
	tools/check-version
	shellcheck debian/extbackup.postinst debian/extbackup.prerm debian/extbackup.postrm tools/after-install \
	    tools/before-uninstall tools/check-* tools/deps tools/run-tests

format:
	$(SWIFT) format format --in-place --recursive --parallel Sources Tests tools Package.swift

demo: deps deb
	$(SWIFT) build --product extbackup-demo
	$(SWIFT) build --product blinkstick-vhci
	@EXTBACKUP_PACKAGE=$(CURDIR)/$(PACKAGE) .build/debug/extbackup-demo

# The page that shows every command at work, written anew.
tour: deps deb
	$(SWIFT) build --build-tests
	EXTBACKUP_TOUR=$(CURDIR)/docs/tour.md EXTBACKUP_PACKAGE=$(CURDIR)/$(PACKAGE) \
	    $(SWIFT) test --skip-build --no-parallel --filter TourScenarios

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
	@test -x $(PROGRAM) -a -f $(PAGE) || { echo "run 'make build' first" >&2; exit 1; }
	install -D -m 0755 $(PROGRAM) $(DESTDIR)$(BINDIR)/extbackup
	install -d -m 0755 $(DESTDIR)$(UNITDIR)
	@for unit in $(UNITS); do \
	    sed -e 's|@BINDIR@|$(BINDIR)|g' units/$$unit.in > $(DESTDIR)$(UNITDIR)/$$unit \
	        && chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	install -D -m 0644 udev/70-extbackup.rules $(DESTDIR)$(UDEVDIR)/70-extbackup.rules
	install -D -m 0644 units/extbackup.tmpfiles $(DESTDIR)$(LIBDIR)/tmpfiles.d/extbackup.conf
	install -D -m 0644 units/extbackup.sysusers $(DESTDIR)$(LIBDIR)/sysusers.d/extbackup.conf
	install -D -m 0644 $(PAGE) $(DESTDIR)$(SHAREDIR)/man/man1/extbackup.1
	install -D -m 0644 docs/man/extbackup.toml.5 $(DESTDIR)$(SHAREDIR)/man/man5/extbackup.toml.5
	install -D -m 0644 .build/documents/extbackup.bash $(DESTDIR)$(SHAREDIR)/bash-completion/completions/extbackup
	install -D -m 0644 .build/documents/extbackup.zsh $(DESTDIR)$(ZSHDIR)/_extbackup
	install -D -m 0644 .build/documents/extbackup.fish $(DESTDIR)$(SHAREDIR)/fish/vendor_completions.d/extbackup.fish
	install -d -m 0755 $(DESTDIR)$(DOCDIR)
	install -m 0644 README.md CHANGELOG.md $(DESTDIR)$(DOCDIR)
	install -D -m 0644 docs/config.toml $(DESTDIR)$(DOCDIR)/examples/config.toml
	@test -n "$(DESTDIR)" || tools/after-install

# Keys, header backups, history and configuration are not ours to remove.
uninstall:
	@test -n "$(DESTDIR)" || tools/before-uninstall
	rm -f $(DESTDIR)$(BINDIR)/extbackup $(DESTDIR)$(UDEVDIR)/70-extbackup.rules \
	    $(DESTDIR)$(LIBDIR)/tmpfiles.d/extbackup.conf $(DESTDIR)$(LIBDIR)/sysusers.d/extbackup.conf \
	    $(DESTDIR)$(SHAREDIR)/man/man1/extbackup.1 $(DESTDIR)$(SHAREDIR)/man/man5/extbackup.toml.5 \
	    $(DESTDIR)$(SHAREDIR)/bash-completion/completions/extbackup $(DESTDIR)$(ZSHDIR)/_extbackup \
	    $(DESTDIR)$(SHAREDIR)/fish/vendor_completions.d/extbackup.fish
	rm -f $(foreach unit,$(UNITS),$(DESTDIR)$(UNITDIR)/$(unit))
	rm -rf $(DESTDIR)$(DOCDIR)
	@echo "kept: /etc/extbackup (configuration, keys), /var/lib/extbackup (headers, history)"

clean:
	rm -rf .build dist
