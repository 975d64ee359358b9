# The commands of this repository; each is a script that can be read and run by itself.

.DEFAULT_GOAL := help
.PHONY: help run demo reset test check upgrade-test old-programs-test smoke edge e2e schemathesis fuzz chaos load bench scale build fmt sbom reproduce openapi secrets up update backup restore compose-test backup-test tls-test

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the whole product here, installing what is missing; Ctrl-C stops it
	@deploy/local/run

demo: ## tell the main job as a story, against the running product
	@deploy/local/demo

reset: ## forget the data of the local run
	@deploy/local/reset

test: ## run every test
	@deploy/local/test

check: ## formatting, lints, licences, scripts, NGINX, Markdown, images, Compose, migrations, console
	@deploy/local/check

upgrade-test: ## take the newest release's data up, down and up again, and measure what migrations lock
	@deploy/local/upgrade-test

old-programs-test: ## run the programs of an earlier commit, OLD=..., on the newest schema
	@deploy/local/old-programs-test "$(OLD)"

smoke: ## start the product, run the demo, attack the edge, stop it, look for leftovers
	@deploy/local/smoke

edge: ## attack NGINX with a crowd, slow senders, huge heads and smuggled requests, at the running product or a run of its own
	@deploy/local/edge

e2e: ## test the console in a browser, against the running product or a run of its own; ARGS="session" runs one file
	@deploy/local/e2e $(ARGS)

schemathesis: ## test the API by its OpenAPI document, as each role; SCHEMATHESIS_SEED=n repeats a run, SCHEMATHESIS_EXAMPLES=n takes longer
	@deploy/local/schemathesis $(ARGS)

fuzz: ## feed made-up input to every parser that sees bytes from outside, FUZZ_SECONDS=20 each; ARGS="policy" runs one target
	@deploy/local/fuzz $(ARGS)

chaos: ## break everything for CHAOS_MINUTES=5, and check that nothing is lost; CHAOS_SEED=n repeats a run
	@deploy/local/chaos

load: ## put it under load through NGINX: what is held, twice of it, recovery; SOAK=30 keeps one rate so many minutes, WRITE=1 renews docs/load.md
	@deploy/local/load

bench: ## measure, each figure against a limit of the same run; QUICK=1 is rougher, WRITE=1 renews docs/performance.md
	@deploy/local/bench

scale: ## measure lists, jobs, the record, copies and migrations over WORKFLOWS=5000000 and a tenth of them: 36 minutes, 60 GB; WRITE=1 renews docs/scaling.md
	@deploy/local/scale

build: ## build the services
	cargo build --workspace --bins --locked

fmt: ## format the Rust code
	cargo fmt --all

sbom: ## list what services and console are made of, as CycloneDX, in .local/sbom
	@deploy/local/sbom

reproduce: ## build the services' programs twice in Docker, and compare them to the byte
	@deploy/production/reproduce

openapi: ## write docs/openapi.json and the console's client from the handlers
	@deploy/openapi

secrets: ## make the secrets of production that are missing, in .secrets/
	@deploy/production/secrets

up: ## start production, or take up what was changed in its files
	@deploy/production/up

update: ## replace the services of production by the images that are here now, without a gap
	@deploy/production/update

backup: ## take a backup of production now
	@deploy/production/backup

restore: ## put production's database back to its last transaction, or to TO='2026-11-26 12:00:00+00'; asks first
	@deploy/production/restore

compose-test: ## prove production with real containers: start, demo, scale, kill each part, update, limits
	@deploy/production/compose-test

tls-test: ## have testssl.sh look at the edge, and prove that certificates come by ACME
	@deploy/production/tls-test

backup-test: ## prove backups, restores, drills, the replica and PgBouncer with real containers
	@deploy/production/backup-test
