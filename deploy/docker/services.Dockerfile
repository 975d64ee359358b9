# The four services, each an image with nothing in it but its program, the C library and the certificates of authorities:
#   docker build --file deploy/docker/services.Dockerfile --target auth-service .
# BINARIES=prebuilt takes the programs from .local/binaries, where a machine has built them already.
ARG BINARIES=build

FROM rust:1.95-bookworm AS chef
RUN cargo install --locked cargo-chef
WORKDIR /source

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=plan /source/recipe.json .
# The dependencies, in a layer that only a change of Cargo.lock renews.
RUN cargo chef cook --release --locked --bins --recipe-path recipe.json \
        --package auth-service --package council-service --package workflow-worker --package health-aggregator
COPY . .
ARG COMMIT=unknown
RUN BUILD_COMMIT=${COMMIT} cargo build --release --locked --bins \
        --package auth-service --package council-service --package workflow-worker --package health-aggregator \
    && install -D --target-directory=/binaries target/release/auth-service target/release/council-service \
        target/release/workflow-worker target/release/health-aggregator

FROM scratch AS prebuilt
COPY .local/binaries /binaries

FROM ${BINARIES} AS binaries

# For those who want the programs alone.
FROM scratch AS programs
COPY --from=binaries /binaries /

# A root file system without a shell: what the programs are linked with, names of users, and how names are looked up.
FROM debian:bookworm-slim AS root
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=binaries /binaries /binaries
RUN mkdir --parents /root-fs/etc/ssl/certs /root-fs/tmp /root-fs/lib64 \
    && ldd /binaries/* | grep --only-matching '/lib[^ ]*' | sort --unique \
        | xargs --replace cp --parents --dereference {} /root-fs \
    && cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
    && echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' >/root-fs/etc/passwd \
    && echo 'nonroot:x:65532:' >/root-fs/etc/group \
    && echo 'hosts: files dns' >/root-fs/etc/nsswitch.conf \
    && chmod 1777 /root-fs/tmp

FROM scratch AS service
COPY --from=root /root-fs /
ENV PATH=/usr/local/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ARG VERSION=latest
ARG COMMIT=unknown
LABEL org.opencontainers.image.vendor="Codex Dominion" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"

FROM service AS auth-service
LABEL org.opencontainers.image.title="auth-service" org.opencontainers.image.description="Who you are: logins, users, agents, the audit log"
COPY --from=binaries /binaries/auth-service /usr/local/bin/
EXPOSE 8001
ENTRYPOINT ["/usr/local/bin/auth-service"]

FROM service AS council-service
LABEL org.opencontainers.image.title="council-service" org.opencontainers.image.description="What may run: councils, policies, proposals, votes"
COPY --from=binaries /binaries/council-service /usr/local/bin/
EXPOSE 8002
ENTRYPOINT ["/usr/local/bin/council-service"]

FROM service AS workflow-worker
LABEL org.opencontainers.image.title="workflow-worker" org.opencontainers.image.description="What runs: steps, retries, schedules"
COPY --from=binaries /binaries/workflow-worker /usr/local/bin/
EXPOSE 8003
ENTRYPOINT ["/usr/local/bin/workflow-worker"]

FROM service AS health-aggregator
LABEL org.opencontainers.image.title="health-aggregator" org.opencontainers.image.description="How it is: health, status page, job monitor"
COPY --from=binaries /binaries/health-aggregator /usr/local/bin/
EXPOSE 8004 9181
ENTRYPOINT ["/usr/local/bin/health-aggregator"]
