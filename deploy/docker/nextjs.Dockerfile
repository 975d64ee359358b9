# The console, as Next.js's standalone server. CONSOLE=prebuilt takes frontend/.next as a machine has built it already.
ARG CONSOLE=build

FROM node:20-bookworm-slim AS build
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /source/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend .
RUN npm run build \
    && mkdir /console \
    && cp --recursive .next/standalone/. /console \
    && mkdir --parents /console/.next/static /console/public \
    && cp --recursive .next/static/. /console/.next/static \
    && if [ -d public ]; then cp --recursive public/. /console/public; fi

FROM scratch AS prebuilt
COPY frontend/.next/standalone /console

FROM ${CONSOLE} AS console

FROM node:20-bookworm-slim
ARG VERSION=latest
ARG COMMIT=unknown
LABEL org.opencontainers.image.vendor="Codex Dominion" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.title="nextjs" \
      org.opencontainers.image.description="The console" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
WORKDIR /console
COPY --from=console /console .
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0 PORT=3000
USER 1000:1000
EXPOSE 3000
CMD ["node", "server.js"]
