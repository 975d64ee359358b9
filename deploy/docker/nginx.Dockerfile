# The edge: NGINX with the project's configuration, filled in from the environment at the start (nginx/README.md).
FROM nginx:1-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssl \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=65532 --group=65532 /run/tls/acme /run/tls/webroot
COPY nginx/nginx.conf.template /etc/codexdominion/
COPY nginx/snippets /etc/codexdominion/snippets
COPY docs/openapi.json /etc/nginx/openapi.json
COPY --chmod=755 deploy/render deploy/docker/nginx/start deploy/docker/nginx/choose-certificate deploy/docker/nginx/follow-certificate /usr/local/bin/
# What is right in a container wherever it runs; the rest is said by who runs it.
ENV NGINX_USER_LINE="# one user for all" \
    NGINX_PID=/tmp/nginx.pid \
    NGINX_ERROR_LOG=stderr \
    NGINX_ACCESS_LOG=/dev/stdout \
    NGINX_TEMP=/tmp \
    LISTEN_HTTP=8080 \
    LISTEN_TLS=8443 \
    ACME_WEBROOT=/run/tls/webroot \
    OPENAPI_FILE=/etc/nginx/openapi.json
ARG VERSION=latest
ARG COMMIT=unknown
LABEL org.opencontainers.image.vendor="Codex Dominion" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.title="nginx" \
      org.opencontainers.image.description="The edge of Codex Dominion" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
USER 65532:65532
EXPOSE 8080 8443
# Requests in hand are finished first.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["start"]
