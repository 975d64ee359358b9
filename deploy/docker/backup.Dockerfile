# Takes backups, and tries whether they can be restored. The database's image, so that what a backup is restored with is what
# it came from, and auth-service, which alone knows how to verify the audit log. It is an image of its own so that a new release
# does not restart the database.
ARG AUTH_SERVICE_IMAGE=codexdominion/auth-service:latest
ARG POSTGRES_IMAGE=codexdominion/postgres:latest
FROM ${AUTH_SERVICE_IMAGE} AS auth-service

FROM ${POSTGRES_IMAGE}
COPY --from=auth-service /usr/local/bin/auth-service /usr/local/bin/
COPY --chmod=755 deploy/docker/backup/backup deploy/docker/backup/take deploy/docker/backup/drill \
    deploy/docker/backup/verify-audit-log /usr/local/bin/
COPY deploy/docker/backup/database.sh /usr/local/lib/
USER 0:0
RUN install --directory --owner=postgres --group=postgres --mode=0700 /var/lib/drill
USER 999:999
ENTRYPOINT ["backup"]
CMD ["schedule"]
