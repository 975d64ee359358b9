# PgBouncer. Prepared statements under transaction pooling need 1.21; Debian 12 has 1.18, so Debian 13's source is built here.
FROM debian:bookworm-slim AS build
RUN printf 'deb-src http://deb.debian.org/%s main\n' 'debian trixie' 'debian-security trixie-security' \
        >/etc/apt/sources.list.d/trixie-source.list \
    && apt-get update \
    && apt-get install --yes --no-install-recommends build-essential dpkg-dev libc-ares-dev libevent-dev libssl-dev pkgconf
WORKDIR /build
# hadolint ignore=DL3003 # whose folder is named after the version
RUN apt-get source pgbouncer \
    && cd pgbouncer-*/ \
    && ./configure --prefix=/usr --without-pam --without-systemd --with-cares \
    && make --jobs="$(nproc)" pgbouncer \
    && strip --strip-all -o /build/pgbouncer pgbouncer

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libc-ares2 libevent-2.1-7 libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 998 --no-create-home --shell /usr/sbin/nologin pgbouncer
COPY --from=build /build/pgbouncer /usr/local/bin/
COPY deploy/docker/pgbouncer/pgbouncer.ini /etc/pgbouncer/
COPY --chmod=755 deploy/docker/pgbouncer/entrypoint /usr/local/bin/
USER 998
EXPOSE 6432
ENTRYPOINT ["entrypoint"]
CMD ["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]
