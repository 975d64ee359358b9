# What tells Prometheus of PostgreSQL and Redis, as Debian packages it.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends prometheus-postgres-exporter prometheus-redis-exporter \
    && rm -rf /var/lib/apt/lists/*
USER 65534:65534
