# Antipode's commands. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PACKAGES := libopenblas-dev libsqlite3-dev pkg-config
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PYTHON := .build/reference/bin/python
TOOLS := tune decode ablate report serve
PREFIX ?= /usr/local
# Asking for one token fetches the model.
FETCH_MODEL := .build/debug/decode --maximum-tokens 1 'Hello!' > /dev/null
CACHED = $${ANTIPODE_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/antipode}/models
MODEL = $(CACHED)/smollm2-135m-instruct-q4_1.gguf

ENGINE = $${ANTIPODE_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/antipode}/engine
WORKER := Sources/TransformersEngine/Worker
# The build of torch: PyPI's own where there is a GPU; else that for processors alone, several gigabytes less, where pip
# finds it.
TORCH := $(shell sed -n 's/^torch==//p' $(WORKER)/requirements.txt)

.PHONY: help setup model build install dist engine demo test test-slurm test-clients test-pages load notebooks fuzz soak \
  neon bench bench-peers bench-engines bench-growth lint format docs completions fixtures clean

help: ## List these commands.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: ## Install the system packages that are missing.
	@command -v swift > /dev/null || { \
	  echo 'swift is missing: install Swift 6.2 or later from swift.org, then run this again.' >&2; exit 1; }
	@missing=(); \
	for package in $(PACKAGES); do \
	  dpkg-query --show --showformat='$${db:Status-Status}' $$package 2> /dev/null | grep -qx installed \
	    || missing+=($$package); \
	done; \
	python3 -m pip --version &> /dev/null || missing+=(python3-pip); \
	if [ $${#missing[@]} -gt 0 ]; then \
	  command -v apt-get > /dev/null || { \
	    echo "Install $${missing[*]} with this system's package manager, then run this again." >&2; exit 1; }; \
	  echo "installing $${missing[*]}"; \
	  $(SUDO) apt-get update -qq; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $${missing[@]}; \
	fi

build: setup ## Build the five tools (some minutes the first time).
	@[ -x .build/debug/ablate ] || echo 'The first build: the packages that are used, the kernels, and the tools.' \
	  'It takes 4 to 8 minutes on two cores; later ones take seconds.'
	@for tool in $(TOOLS); do swift build --product $$tool; done

install: setup ## Build for release, and install the tools and their completions under PREFIX (default: /usr/local).
	@for tool in $(TOOLS); do swift build --configuration release --product $$tool; done
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install $(addprefix .build/release/,$(TOOLS)) "$(DESTDIR)$(PREFIX)/bin"
	@for tool in $(TOOLS); do \
	  for place in bash:share/bash-completion/completions/$$tool zsh:share/zsh/site-functions/_$$tool \
	    fish:share/fish/vendor_completions.d/$$tool.fish; do \
	    file="$(DESTDIR)$(PREFIX)/$${place#*:}"; mkdir -p "$${file%/*}"; \
	    .build/release/$$tool --generate-completion-script $${place%%:*} > "$$file"; done; done
	@echo 'Installed $(TOOLS) in $(DESTDIR)$(PREFIX)/bin.'

model: build ## Fetch the model into the cache; its hash is checked.
	@$(FETCH_MODEL)

VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/Messages/Release.swift)
DIST = antipode-$(VERSION)-$(shell uname -s | tr A-Z a-z)-$(shell uname -m)

STATIC := .build/static

dist: setup ## Build the tools with Swift's libraries linked in, for nodes without Swift: one archive in .build/dist.
	@# Foundation wants libcurl and the twenty libraries under it; the archive's tools load it when they use the network.
	mkdir -p $(STATIC)/lazy
	clang -O2 -Wall -c .ci/lazy_curl.c -o $(STATIC)/lazy/curl.o
	ar rcs $(STATIC)/lazy/libcurl.a $(STATIC)/lazy/curl.o
	@for tool in $(TOOLS); do \
	  swift build --configuration release --static-swift-stdlib --scratch-path $(STATIC) -Xlinker -L$(STATIC)/lazy \
	    --product $$tool; done
	rm -rf .build/dist && mkdir -p .build/dist/$(DIST)/bin
	install --strip $(addprefix $(STATIC)/release/,$(TOOLS)) .build/dist/$(DIST)/bin
	cp LICENSE README.md .build/dist/$(DIST)
	@# The dictionary is larger than a tool, so what all five link in is packed once.
	XZ_OPT=--lzma2=preset=6,dict=96MiB tar --create --xz --file .build/dist/$(DIST).tar.xz --directory .build/dist $(DIST)
	@if ldd .build/dist/$(DIST)/bin/* | grep -iE 'swift|curl'; then echo 'is not linked in' >&2; exit 1; fi
	@du -h .build/dist/$(DIST).tar.xz; ldd .build/dist/$(DIST)/bin/ablate | sed 's/ (0x.*//'

engine: ## Make the Python environment of "engine": "transformers" in the cache (minutes the first time).
	@[ -x "$(ENGINE)/bin/python" ] || python3 -m venv "$(ENGINE)"
	@"$(ENGINE)/bin/python" -c 'import torch; assert torch.__version__.split("+")[0] == "$(TORCH)"' 2> /dev/null || { \
	  if command -v nvidia-smi > /dev/null; then \
	    "$(ENGINE)/bin/python" -m pip install --quiet torch==$(TORCH); \
	  else \
	    "$(ENGINE)/bin/python" -m pip install --quiet torch==$(TORCH)+cpu 2> /dev/null \
	      || "$(ENGINE)/bin/python" -m pip install --quiet torch==$(TORCH); \
	  fi; }
	@"$(ENGINE)/bin/python" -m pip install --quiet --requirement $(WORKER)/requirements.txt
	@# Installed whole, so that it is there wherever the tools are run.
	@"$(ENGINE)/bin/python" -m pip install --quiet --no-deps --force-reinstall ./$(WORKER)
	@rm -rf $(WORKER)/build $(WORKER)/*.egg-info
	@echo "The engine is in $(ENGINE)."

demo: BEGIN := $(shell date +%s)
demo: ## Build, fetch the model, tune both prompts, sweep α, judge, and write the report.
	@$(MAKE) --no-print-directory model
	swift run --skip-build ablate Experiments/alpha.json
	@total=$$(( $$(date +%s) - $(BEGIN) )); echo; \
	  echo "From nothing to this table: $$(( total / 60 )) min $$(( total % 60 )) s."

test: setup ## Run the tests.
	swift build --build-tests
	@$(FETCH_MODEL)
	@$(MAKE) --no-print-directory engine \
	  || echo 'SKIPPED: the tests of the engine transformers, since its packages can not be had here' >&2
	swift test --skip-build
	@if [ -x "$(ENGINE)/bin/python" ]; then \
	  "$(ENGINE)/bin/python" -m pip install --quiet --requirement $(WORKER)/requirements-tests.txt \
	    && cd $(WORKER) && PYTHONPATH=. "$(ENGINE)/bin/python" -m pytest --quiet; fi
	.build/debug/fuzz 2000 1

SLURM := slurmctld slurmd slurm-client munge python3-fusepy fuse

test-slurm: model ## One sweep by one process, by workers on a file system without locks, and by a real Slurm: the same bytes.
	@[ "$$(id -u)" != 0 ] || dpkg-query --show $(SLURM) &> /dev/null || ! command -v apt-get > /dev/null \
	  || DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(SLURM) > /dev/null \
	  || echo 'Slurm could not be installed.'
	swift build --product ablate
	python3 Tests/Slurm/slurm.py
	PYTHONPATH=/usr/lib/python3/dist-packages python3 Tests/Slurm/shared.py

CLIENTS := .build/clients/bin/python

$(CLIENTS): Tests/Clients/requirements.txt
	python3 -m venv .build/clients
	$@ -m pip install --quiet --requirement Tests/Clients/requirements.txt
	touch $@

GARAK_PYTHON := .build/garak/bin/python

$(GARAK_PYTHON): Tests/Clients/requirements-garak.txt
	python3 -m venv .build/garak
	$@ -m pip install --quiet torch==$(TORCH)+cpu 2> /dev/null || true
	$@ -m pip install --quiet --requirement Tests/Clients/requirements-garak.txt
	touch $@

# Openai's client, lm-evaluation-harness, Inspect, and the server's own limits, of which some take minutes.
test-clients: model $(CLIENTS) $(if $(GARAK),$(GARAK_PYTHON)) ## Let clients of others use the server; GARAK=1 adds garak (2.1 GB).
	swift build --product serve
	$(CLIENTS) Tests/Clients/clients.py

load: model ## Five minutes of 64 clients of all kinds against the server.
	swift build --product serve
	python3 Tests/Clients/load.py

BROWSER_PYTHON := .build/browser/bin/python

test-pages: build ## Drive the report and the served pages in headless Chromium; SCREENSHOTS=folder keeps pictures.
	@command -v chromium > /dev/null || $(SUDO) apt-get install -qq --no-install-recommends chromium > /dev/null
	swift build --product pages-server
	@[ -x $(BROWSER_PYTHON) ] || python3 -m venv .build/browser
	@$(BROWSER_PYTHON) -m pip install --quiet --requirement Tests/Browser/requirements.txt
	$(BROWSER_PYTHON) Tests/Browser/browse.py $(addprefix --screenshots ,$(SCREENSHOTS))

notebooks: build model ## Run the notebooks' commands and compare what they print with what they show (some minutes).
	python3 Notebooks-md/run.py Notebooks-md/*.md

fuzz: setup ## Feed 100,000 mutated files of each kind to what reads them (some minutes).
	swift build --product fuzz
	for group in models tokenizers templates manifests instructions replies adapters archives bodies; do \
	  .build/debug/fuzz 100000 1 $$group; done

soak: model fuzz ## Kills, full disks, clocks, threads, builds: what docs/promises.md promises (about an hour).
	python3 Tests/Soak/soak.py

neon: ## Compile the kernels for ARM too, run them in an emulator, and compare their bits with this processor's.
	$(SUDO) apt-get install -qq --no-install-recommends libc6-dev-arm64-cross libgcc-12-dev-arm64-cross \
	  binutils-aarch64-linux-gnu qemu-user-static > /dev/null
	mkdir -p .build/neon
	clang -O2 -ffp-contract=off -ISources/CKernels/include Tests/CrossCheck/bits.c Sources/CKernels/*.c -lpthread -lm \
	  -o .build/neon/here
	clang --target=aarch64-linux-gnu -O2 -ffp-contract=off -static -fuse-ld=$$(command -v aarch64-linux-gnu-ld) \
	  -ISources/CKernels/include -isystem /usr/aarch64-linux-gnu/include -B/usr/aarch64-linux-gnu/lib \
	  -B/usr/lib/gcc-cross/aarch64-linux-gnu/12 -L/usr/aarch64-linux-gnu/lib -L/usr/lib/gcc-cross/aarch64-linux-gnu/12 \
	  Tests/CrossCheck/bits.c Sources/CKernels/*.c -lpthread -lm -o .build/neon/arm
	{ .build/neon/here; qemu-aarch64-static .build/neon/arm | sed 's/$$/, ARM/'; } | tee .build/neon/bits
	[ "$$(cut -d' ' -f1 .build/neon/bits | sort -u | wc -l)" = 1 ]

# llama.cpp has kernels for what it was compiled for alone. KERNELS=avx2 compares on that instruction set, on any machine.
KERNELS :=
# What is measured: names of the catalog, fetched where they are not cached. The second is 1.1 GB.
MODELS := smollm2-135m-instruct-q4_1 qwen2.5-coder-1.5b-instruct-q4_k_m

bench: model ## Measure the engine, its start, and the machine's limits on both MODELS (leave the machine alone).
	swift build --product bench
	@command -v hyperfine > /dev/null || $(SUDO) apt-get install -qq --no-install-recommends hyperfine
	for model in $(MODELS); do \
	  hyperfine --warmup 2 --runs 15 --export-markdown .build/start.md \
	    ".build/debug/decode --model $$model --maximum-tokens 1 'Hello!'"; \
	  cat .build/start.md; \
	  .build/debug/bench measure "$(CACHED)/$$model.gguf" $(addprefix --kernels ,$(KERNELS)); done

PEERS := .build/peers/bin/python
LLAMA := .build/peers$(addprefix -,$(KERNELS))/bin/python
LLAMA_OPTIONS := -DGGML_NATIVE=$(if $(KERNELS),OFF,ON)
LLAMA_OPTIONS_avx2 := -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON

$(PEERS):
	python3 -m venv .build/peers
	env -u OPENBLAS_CORETYPE CMAKE_ARGS=-DGGML_NATIVE=ON $(PEERS) -m pip install --quiet \
	  --requirement Tests/Benchmarks/requirements.txt

.build/peers-avx2/bin/python:
	python3 -m venv .build/peers-avx2
	env -u OPENBLAS_CORETYPE CMAKE_ARGS="$(LLAMA_OPTIONS) $(LLAMA_OPTIONS_avx2)" $@ -m pip install --quiet --no-cache-dir \
	  $$(grep -E '^(llama-cpp-python|numpy)==' Tests/Benchmarks/requirements.txt)

bench-peers: model $(PEERS) $(LLAMA) ## The same works beside PyTorch and llama.cpp, interleaved (half an hour the first time).
	swift build --product bench
	status=0; for model in $(MODELS); do \
	  .build/debug/decode --model $$model --maximum-tokens 1 'Hello!' > /dev/null; \
	  $(PEERS) Tests/Benchmarks/peers.py --model "$(CACHED)/$$model.gguf" $(addprefix --kernels ,$(KERNELS)) \
	    --llama-python $(LLAMA) --json .build/peers-$$model.json --markdown .build/peers-$$model.md || status=$$?; \
	  cat .build/peers-$$model.md; done; exit $$status

bench-engines: engine ## The second engine beside plain PEFT and generate, on this machine (minutes; leave it alone).
	@"$(ENGINE)/bin/python" -m pip install --quiet --requirement $(WORKER)/requirements-tests.txt
	@"$(ENGINE)/bin/python" Tests/Benchmarks/engines.py --model "$(MODEL)"

bench-growth: model $(PEERS) ## Time and memory against lengths, batch and threads: a table, and docs/performance/growth.svg.
	swift build --product bench
	.build/debug/bench growth "$(MODEL)" > .build/growth.json
	$(PEERS) Tests/Benchmarks/growth.py .build/growth.json docs/performance/growth.svg

lint: ## Check the format; nothing is changed.
	@if [ -x "$(ENGINE)/bin/ruff" ]; then \
	  "$(ENGINE)/bin/ruff" check --quiet $(WORKER) && "$(ENGINE)/bin/ruff" format --check --quiet $(WORKER); fi
	swift format lint --strict --recursive Package.swift Sources Tests
	@# Comments, which the formatter leaves as they are, too.
	@if LC_ALL=C.UTF-8 grep -rnE --include='*.swift' '^.{121}' Package.swift Sources Tests; then \
	  echo 'lines of more than 120 characters' >&2; exit 1; fi

format: ## Format the sources in place.
	swift format --in-place --recursive Package.swift Sources Tests

docs: build ## Write anew what is generated: the manifest's schema and tables, and the reference of commands.
	swift build --product manifest-reference
	.build/debug/manifest-reference
	swift build --product generate-docc-reference
	mkdir -p docs/commands
	for tool in $(TOOLS); do \
	  .build/debug/generate-docc-reference .build/debug/$$tool --style github --output-directory - \
	    > docs/commands/$$tool.md; done

completions: build ## Write completion scripts for bash, zsh and fish into .build/completions, and say how to load them.
	@for shell in bash zsh fish; do \
	  mkdir -p .build/completions/$$shell; \
	  for tool in $(TOOLS); do \
	    case $$shell in zsh) file=_$$tool ;; *) file=$$tool.$$shell ;; esac; \
	    .build/debug/$$tool --generate-completion-script $$shell > .build/completions/$$shell/$$file; done; done
	@echo 'The tools must be on the PATH: export PATH="$(CURDIR)/.build/debug:$$PATH"'
	@echo 'bash: for file in $(CURDIR)/.build/completions/bash/*; do source "$$file"; done'
	@echo 'zsh:  fpath=($(CURDIR)/.build/completions/zsh $$fpath); autoload -U compinit; compinit'
	@echo 'fish: set -p fish_complete_path $(CURDIR)/.build/completions/fish'

fixtures: model ## Build the reference fixtures anew with PyTorch and transformers (see Tests/Reference/README.md).
	[ -x $(PYTHON) ] || python3 -m venv .build/reference
	$(PYTHON) -m pip install --quiet --requirement Tests/Reference/requirements.txt
	$(PYTHON) Tests/Reference/tokenizer_fixtures.py "$(MODEL)" Tests/TokenizationTests/Fixtures
	$(PYTHON) Tests/Reference/quantization_fixtures.py --model "$(MODEL)"
	$(PYTHON) Tests/Reference/engine_fixtures.py "$(MODEL)"
	$(PYTHON) Tests/Reference/family_fixtures.py
	$(PYTHON) Tests/Reference/lora_fixtures.py
	$(PYTHON) Tests/Reference/adapter_fixtures.py
	$(PYTHON) Tests/Reference/tokenizer_family_fixtures.py
	$(PYTHON) Tests/Reference/normal_form_fixtures.py
	$(PYTHON) Tests/Reference/tokenizer_step_fixtures.py

clean: ## Remove what was built; the store and the model's cache stay.
	rm -rf .build
