# shellcheck shell=bash
# Makes the secrets and the certificate of this clone, once, and keeps them under .local/.

# make_secrets: sets the passwords and keys, generating .local/secrets.env at the first run. What a later version
# needs besides is added.
make_secrets() {
  local file="$LOCAL/secrets.env" name
  if [[ ! -f $file ]]; then
    [[ ! -e $LOCAL/postgres/PG_VERSION ]] ||
      fail ".local/secrets.env is gone but its database is here; put it back, or forget the data with: make reset"
    (
      umask 077
      {
        for name in POSTGRES_PASSWORD OWNER_PASSWORD AUTH_SERVICE_PASSWORD COUNCIL_SERVICE_PASSWORD \
          WORKFLOW_WORKER_PASSWORD HEALTH_AGGREGATOR_PASSWORD REDIS_PASSWORD; do
          echo "$name=$(random_chars 32)"
        done
        echo "JWT_SECRET=$(random_chars 64)"
        echo "ADMIN_PASSWORD=$(random_chars 24)"
      } >"$file.new"
      mv "$file.new" "$file"
    )
  fi
  grep -q '^ENCRYPTION_KEY=' "$file" || echo "ENCRYPTION_KEY=$(random_chars 64)" >>"$file"
  # shellcheck source=/dev/null
  source "$file"
}

# make_audit_key: the key that signs checkpoints of the audit log, once.
make_audit_key() {
  [[ ! -f $LOCAL/audit-key.pem ]] || return 0
  (umask 077 && "$BINARIES/auth-service" audit new-key >"$LOCAL/audit-key.pem.new") ||
    fail "no key for the audit log could be made"
  mv "$LOCAL/audit-key.pem.new" "$LOCAL/audit-key.pem"
}

# make_certificate FOLDER: a private CA and a certificate for the local names, renewed before it ends.
# The CA's key is thrown away, and the CA is good for local names only, so trusting it is harmless.
make_certificate() {
  local folder=$1
  if [[ -f $folder/server.pem ]] && openssl x509 -in "$folder/server.pem" -noout -checkend 604800 >/dev/null; then
    return
  fi
  mkdir -p "$folder"
  (
    cd "$folder" || exit 1
    umask 077
    cat >openssl.cnf <<'CNF'
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, permitted;DNS:localhost, permitted;IP:127.0.0.0/255.0.0.0
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:codexdominion.localhost, DNS:api.codexdominion.localhost, DNS:localhost, IP:127.0.0.1
CNF
    openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 820 -sha256 \
      -subj "/CN=Codex Dominion local CA" -config openssl.cnf -extensions ca -keyout ca.key -out ca.pem
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=codexdominion.localhost" \
      -config openssl.cnf -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
      -days 820 -sha256 -extfile openssl.cnf -extensions server -out server.pem
    rm -f ca.key server.csr openssl.cnf
    chmod 644 ca.pem server.pem
  ) >"$LOGS/tls.log" 2>&1 || fail "openssl could not make the local certificate; the log is $(log_of tls)"
}
