# shellcheck shell=bash
# The private Redis: .local/redis, on 127.0.0.1 only, with a password, saving every second.

# start_redis: writes the configuration (it holds the password, so no command line does) and starts it.
start_redis() {
  local version
  version=$(redis-server --version | sed -n 's/.* v=\([0-9.]*\).*/\1/p')
  version_at_least "$version" 7.0 || fail "Redis $version is too old; install Redis 7 or newer"
  mkdir -p "$LOCAL/redis"
  chmod 700 "$LOCAL/redis"
  (
    umask 077
    cat >"$LOCAL/redis/redis.conf" <<CONF
bind 127.0.0.1
port $REDIS_PORT
requirepass $REDIS_PASSWORD
dir "$LOCAL/redis"
appendonly yes
appendfsync everysec
# Work must never be evicted to make room.
maxmemory-policy noeviction
shutdown-on-sigterm save
daemonize no
CONF
  )
  start redis redis-server "$LOCAL/redis/redis.conf"
  wait_until redis 30 Redis redis_answers
}

# redis_answers: whether our Redis replies.
redis_answers() {
  [[ "$(REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p "$REDIS_PORT" ping)" == PONG ]]
}
