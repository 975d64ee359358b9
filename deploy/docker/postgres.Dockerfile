# PostgreSQL 15 with pgBackRest: the server, its streaming replicas, and the base of the backup image.
FROM postgres:15-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends pgbackrest \
    && rm -rf /var/lib/apt/lists/* /etc/pgbackrest.conf \
    && install --directory --owner=postgres --group=postgres --mode=0750 /var/lib/pgbackrest \
    && install --directory --owner=postgres --group=postgres --mode=3777 /run/postgresql

COPY deploy/docker/postgres/postgresql.conf deploy/docker/postgres/pg_hba.conf /etc/postgresql/
COPY deploy/docker/postgres/pgbackrest.conf /etc/pgbackrest/
COPY --chmod=755 deploy/docker/postgres/pgbackrest deploy/docker/postgres/replica deploy/docker/postgres/restore /usr/local/bin/
COPY --chmod=755 deploy/docker/postgres/10-roles.sh /docker-entrypoint-initdb.d/

# Checksums let backups notice damaged pages. At the local socket the kernel says who comes: only the user postgres of this
# container, and of the backup's, is the superuser.
# hadolint ignore=DL3064 # the path of a file
ENV POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password \
    POSTGRES_INITDB_ARGS="--data-checksums --auth-local=peer --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8"
USER 999:999
CMD ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"]
