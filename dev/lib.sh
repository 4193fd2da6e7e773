# Sourced by the commands in dev/: a private PostgreSQL, outside the system's own.
#
# PostgreSQL's programs find their files relative to where they stand, so a copy of the
# installed tree is a complete second installation: the extension is installed into the copy,
# and nothing outside the temporary directory is touched.
#
#   CLV_PG_CONFIG   pg_config of the server to use (default: the newest of 15 to 18 installed)

say() { if [ -t 2 ]; then printf '\033[1m%s\033[0m\n' "$*" >&2; else printf '%s\n' "$*" >&2; fi; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The server refuses to run as root: run its programs as the user "postgres" then, who may not see where we are.
as_server() { if [ "$(id -u)" = 0 ]; then (cd "${SERVER_CWD:-/}" && exec runuser -u postgres -- "$@"); else "$@"; fi; }

# A server whose extensions can be built here: its programs, its headers, its build files.
buildable() {
  [ -x "$1" ] && [ -x "$("$1" --bindir)/postgres" ] && [ -f "$("$1" --includedir-server)/postgres.h" ] && [ -f "$("$1" --pgxs)" ]
}

find_pg_config() {
  local major
  if [ -n "${CLV_PG_CONFIG:-}" ]; then echo "$CLV_PG_CONFIG"; return; fi
  for major in 18 17 16 15; do
    if buildable "/usr/lib/postgresql/$major/bin/pg_config"; then
      echo "/usr/lib/postgresql/$major/bin/pg_config"; return
    fi
  done
  if buildable "$(command -v pg_config || true)"; then command -v pg_config; return; fi
  die "no PostgreSQL with server headers found: run dev/setup first"
}

# private_tree DIR: copy the server's tree below DIR; sets PG_CONFIG and PGBIN to the copy's.
private_tree() {
  local original part
  original=$(find_pg_config)
  for part in --bindir --pkglibdir --sharedir; do
    mkdir -p "$1$("$original" $part)"
    cp -a "$("$original" $part)/." "$1$("$original" $part)"
  done
  mkdir -p "$1$("$original" --includedir-server)"
  rmdir "$1$("$original" --includedir-server)"
  ln -sfn "$("$original" --includedir-server)" "$1$("$original" --includedir-server)"
  PG_CONFIG=$1$("$original" --bindir)/pg_config
  PGBIN=$1$("$original" --bindir)
  export PG_CONFIG PGBIN
}

# start_server DIR [SETTING ...]: a cluster below DIR, reached by its socket only; exports PGHOST, PGPORT, PGUSER.
start_server() {
  local dir=$1 setting
  shift
  mkdir -p "$dir/data" "$dir/socket"
  [ "$(id -u)" = 0 ] && chown postgres "$dir/data" "$dir/socket"
  chmod 755 "$dir"
  export PGHOST="$dir/socket" PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
  unset PGSERVICE PGPASSWORD PGOPTIONS
  if [ ! -f "$dir/data/PG_VERSION" ]; then
    as_server "$PGBIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
      die "initdb failed: $(tail -n 3 "$dir/initdb.log")"
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir/socket'
fsync = off
jit = off
timezone = 'UTC'
CONF
    for setting in "$@"; do printf '%s\n' "$setting" >>"$dir/data/postgresql.conf"; done
  fi
  as_server "$PGBIN/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w start >/dev/null ||
    die "the server did not start: $(tail -n 5 "$dir/data/server.log")"
}

stop_server() { as_server "$PGBIN/pg_ctl" -D "$1/data" -m fast -w stop >/dev/null 2>&1 || true; }
