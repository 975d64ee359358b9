# Gets certificates by ACME and renews them: certbot, as Debian packages it.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends certbot \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=65532 --group=65532 /run/tls/acme /run/tls/webroot
COPY --chmod=755 deploy/docker/certbot/follow /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["follow"]
