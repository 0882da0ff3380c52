#!/usr/bin/env bash
# Runs the integration tests on containers, on a Debian or Ubuntu that has no Docker and reaches no image registry:
# installs Debian's Docker, makes images of Debian's own Redis and PostgreSQL, runs the tests, stops Docker again.
#
# For a machine that is thrown away afterwards: needs root, installs packages, changes the network. Where Docker runs
# already, `npm run test:containers` is all that is needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. /etc/os-release
system="$ID${VERSION_ID%%.*}"
work=$(mktemp -d)

# --- Docker ----------------------------------------------------------------------------------------------------------

start_docker() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || echo 'apt-get update had errors, going on'
  local packages=(docker.io iptables)
  if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  # Without systemd the package can't start the service, which is as well.
  apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null >"$work/apt.log" 2>&1 ||
    { cat "$work/apt.log"; return 1; }
  # Listing a table makes it exist, so that it is among what is saved.
  iptables -S >/dev/null && iptables -t nat -S >/dev/null
  iptables-save >"$work/iptables"
  dockerd --pidfile "$work/dockerd.pid" --data-root "$work/docker" --exec-root "$work/run" >"$work/dockerd.log" 2>&1 &
  for _ in $(seq 300); do
    if docker info >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  tail -n 20 "$work/dockerd.log"
  return 1
}

stop_docker() {
  if [ ! -s "$work/dockerd.pid" ]; then return; fi
  local pid
  pid=$(cat "$work/dockerd.pid")
  docker ps -q | xargs -r docker rm -f >/dev/null || true
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  ip link delete docker0 2>/dev/null || true
  iptables-restore <"$work/iptables" || true
}

finish() {
  stop_docker
  rm -rf "$work"
}
trap finish EXIT

# --- Images ----------------------------------------------------------------------------------------------------------

# What these packages need at run time. Their installation scripts don't run, so what only those need stays out.
closure() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
    sed -n 's/^\([a-z0-9][^: ]*\).*/\1/p' | sort -u |
    grep -vE '^(perl.*|.*-perl|libperl.*|c?debconf.*|locales.*|libllvm.*|libz3.*|adduser|dpkg|ucf|usrmerge|usr-is-merged|lsb-base|ssl-cert|init-system-helpers|sysvinit-utils|sensible-utils|install-info|openssl|passwd|tar|lib(e|systemd-)logind.*|libdebian-installer.*|libnewt.*|libslang.*|libtextwrap.*)$'
}

# unpack <folder> <package>…: a root file system of these packages and busybox.
unpack() {
  local root=$1
  shift
  mkdir -p "$root.debs" "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,tmp,data,proc,sys,dev,etc,run,var}
  local names
  mapfile -t names < <(closure "$@" busybox-static)
  (cd "$root.debs" && apt-get download -qq -o APT::Sandbox::User=root "${names[@]}")
  local folder
  for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
  ln -s ../run "$root/var/run"
  local deb
  for deb in "$root.debs"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink; done
  local applet
  for applet in $("$root/usr/bin/busybox" --list); do
    [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
  done
  chmod 1777 "$root/tmp"
  printf 'root:x:0:0::/:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\npostgres:x:999:\n' >"$root/etc/group"
}

build_redis() {
  local root="$work/redis"
  unpack "$root" redis-server redis-tools
  # Debian's default refuses everybody but 127.0.0.1.
  cat >"$root/entrypoint.sh" <<'END'
#!/bin/sh
if [ "$1" = redis-server ]; then shift; exec redis-server --protected-mode no --dir /data "$@"; fi
exec "$@"
END
  chmod +x "$root/entrypoint.sh"
  tar -C "$root" -c . | docker import -c 'ENTRYPOINT ["/entrypoint.sh"]' -c 'CMD ["redis-server"]' \
    -c 'EXPOSE 6379' -c 'WORKDIR /data' - "local/redis:$system" >/dev/null
}

build_postgres() {
  local root="$work/postgres" version
  version=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p')
  unpack "$root" "postgresql-$version" "postgresql-client-$version"
  local program
  for program in "$root/usr/lib/postgresql/$version/bin"/*; do
    ln -sf "../lib/postgresql/$version/bin/${program##*/}" "$root/usr/bin/${program##*/}"
  done
  # As the official image does: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, settings as arguments.
  cat >"$root/entrypoint.sh" <<'END'
#!/bin/sh
set -e
if [ "$1" != postgres ]; then exec "$@"; fi
shift
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres:postgres /var/lib/postgresql /run/postgresql
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  chown postgres /tmp/password
  su postgres -s /bin/sh -c 'initdb -D "$PGDATA" -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=/tmp/password \
    -E UTF8 --locale=C --no-sync'
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    su postgres -s /bin/sh -c 'echo "create database \"$POSTGRES_DB\"" | postgres --single -j -D "$PGDATA" postgres'
  fi
fi
exec su -s /bin/sh -c 'exec postgres -D "$PGDATA" -c "listen_addresses=*" "$@"' postgres -- postgres "$@"
END
  chmod +x "$root/entrypoint.sh"
  tar -C "$root" -c . | docker import -c 'ENTRYPOINT ["/entrypoint.sh"]' -c 'CMD ["postgres"]' -c 'EXPOSE 5432' \
    -c 'ENV PGDATA=/var/lib/postgresql/data' - "local/postgres:$system" >/dev/null
}

# --- The run -----------------------------------------------------------------------------------------------------------

if ! docker info >/dev/null 2>&1; then start_docker; fi
echo "Docker $(docker version --format '{{.Server.Version}}') (after $SECONDS s)"
build_redis
build_postgres
docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}'
echo "images made (after $SECONDS s)"

node scripts/setup.mjs
export TEST_REDIS_IMAGE="local/redis:$system" TEST_POSTGRES_IMAGE="local/postgres:$system"
# The machine may itself look like a container; and there is no registry to fetch the cleaning container from.
export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1 TESTCONTAINERS_RYUK_DISABLED=true
npm run -s test:containers -- "$@"
