# make demo   installs what is missing, builds, runs a ramp and a burst on the simulated provider, shows the result
# make test   installs what is missing, runs every test
# make acceptance   what needs an idle machine: see Tests/acceptance
# make soak-long HOURS=1.5   a soak with injected faults: growth of its own memory, store against journal, incidents, drift
# make bench  the comparison of Benchmarks/, printed as a table
# make dist   one executable without Swift, and a tarball of it, in .build/dist; make deb, make wheel: a Debian package and a wheel of it
# make simulate   the engine over a network that is made up, in worlds drawn from seeds (SEEDS=100000, FROM=1); planted: can it fail?
# make fuzz MINUTES=10   libFuzzer on everything that reads bytes of others (ONLY=stream: one reader); what it keeps is in Tests/FuzzTests/Corpus
# make sanitize   the suite with a sanitizer (WITH=address, thread or undefined; ONLY=EngineTests: some of it)
.PHONY: fuzz sanitize dist deb wheel build-debug demo build test simulate planted acceptance soak-long bench pictures format lint deps clean

PACKAGES := libuv1-dev libcurl4-openssl-dev libsqlite3-dev libsimdjson-dev pkg-config openssl sqlite3 python3 nginx-light haproxy
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
SPATE := .build/release/spate
export SPATE_COMMIT := $(shell git describe --always --dirty --abbrev=9 --exclude '*' 2>/dev/null)

demo: build
	@rm -rf results/demo
	$(SPATE) demo --output results/demo

build: deps
	swift build -c release --product spate

# The tests run the program itself, so it is built first.
test: deps
	swift build
	swift test
	swift run --package-path Tests/Simulation simulate --seeds 300
	Tests/FuzzTests/fuzz --short

SEEDS ?= 100000
FROM ?= 1
simulate: deps
	swift run -c release --package-path Tests/Simulation simulate --seeds $(SEEDS) --from $(FROM)

planted: deps
	Tests/Simulation/planted

MINUTES ?= 10
fuzz: deps
	Tests/FuzzTests/fuzz --minutes $(MINUTES) $(if $(ONLY),--only $(ONLY))

WITH ?= address
sanitize: deps
	Tests/sanitize $(WITH) $(if $(ONLY),'$(ONLY)')

acceptance: build
	Tests/acceptance/run

HOURS ?= 0.5

soak-long: build
	Tests/acceptance/soak-long --hours $(HOURS)

bench: build
	Benchmarks/compare

dist: deps
	.ci/dist

deb: dist build-debug
	.ci/deb

wheel: dist
	.ci/wheel

# The manual pages are made by a tool of the argument parser, which is built like the tests.
build-debug: deps
	swift build

deps:
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "installing $$missing"; \
		$(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends $$missing; \
	fi

# Pictures of the documentation, of a run made for them; needs Chromium and tmux.
pictures: build
	Tests/acceptance/pictures $(SPATE) Sources/spate/Spate.docc/Resources

format:
	swift format -i -r Package.swift Sources Tests

lint:
	swift format lint -r Package.swift Sources Tests

clean:
	rm -rf .build
