# Sourced by dev/test: PostgreSQL versions that this machine does not have, in a chroot of the Debian
# release that has them. A chroot is made once, by debootstrap, from the mirror that apt uses here, and
# kept in a cache outside the tree; nothing is mounted that outlives a run.

chroot_cache() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/clv"; }

# The Debian release that carries a version.
release_of() {
  case $1 in
    15) echo bookworm ;;
    17) echo trixie ;;
    18) echo forky ;;
    *) return 1 ;;
  esac
}

# A Debian archive that apt is configured for: any release's mirror has them all.
debian_mirror() {
  if [ -n "${CLV_DEBIAN_MIRROR:-}" ]; then echo "$CLV_DEBIAN_MIRROR"; return; fi
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

declare -A chroot_of chroot_failed

# make_chroot MAJOR FRESH: fills chroot_of[MAJOR], or chroot_failed[MAJOR] with the reason. Tries once.
make_chroot() {
  local CHROOT= CHROOT_REASON=
  try_chroot "$@" && chroot_of[$1]=$CHROOT || chroot_failed[$1]=$CHROOT_REASON
}

try_chroot() {
  local major=$1 release mirror packages old
  packages=postgresql-$major,postgresql-server-dev-$major,postgresql-$major-pgtap,postgresql-$major-cron,gcc,make
  packages=$packages,libtap-parser-sourcehandler-pgtap-perl,perl,libipc-run-perl
  release=$(release_of "$major") || { CHROOT_REASON="no Debian release carries PostgreSQL $major"; return 77; }
  # The name says what is in it: another list of packages makes another chroot.
  CHROOT=$(chroot_cache)/$release-$major-$(printf '%s' "$packages" | cksum | cut -d' ' -f1)
  mkdir -p "$(chroot_cache)"
  if [ "$2" = 1 ]; then as_root rm -rf --one-file-system "$CHROOT"; fi
  [ -d "$CHROOT" ] && return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then CHROOT_REASON="making a chroot needs root or sudo"; return 77; fi
  mirror=$(debian_mirror)
  if [ -z "$mirror" ]; then CHROOT_REASON="apt knows no Debian mirror here (set CLV_DEBIAN_MIRROR)"; return 77; fi
  say "Making a chroot of Debian $release with PostgreSQL $major in $CHROOT (once, about two minutes) …"
  as_root rm -rf --one-file-system "$CHROOT.partial"
  # The script of sid serves every release that an older debootstrap does not know by name.
  if ! PATH=$PATH:/usr/sbin as_root "$(PATH=$PATH:/usr/sbin command -v debootstrap)" --variant=minbase \
    --include="$packages" "$release" "$CHROOT.partial" "$mirror" sid >"$TMP/debootstrap.log" 2>&1; then
    tail -n 5 "$TMP/debootstrap.log" | sed 's/^/    /' >&2
    as_root rm -rf --one-file-system "$CHROOT.partial"
    CHROOT_REASON="debootstrap of $release failed"
    return 77
  fi
  as_root sh -c "rm -rf '$CHROOT.partial'/var/cache/apt/archives/*.deb '$CHROOT.partial'/var/lib/apt/lists/*"
  as_root mv "$CHROOT.partial" "$CHROOT"
  for old in "$(chroot_cache)/$release-$major"*; do [ "$old" = "$CHROOT" ] || as_root rm -rf --one-file-system "$old"; done
}

# carry_old RUN: the server that CLV_OLD_INSTALL names, into RUN of the chroot, with those of its libraries that the
# chroot's release does not have; prints what CLV_OLD_INSTALL is there.
carry_old() {
  local run=$1 root=${CLV_OLD_INSTALL%/usr/lib/postgresql/*} old missing
  as_root mkdir -p "$run/old"
  tar -C "$root" --exclude=./usr/include -cf - ./usr | as_root tar -C "$run/old" --no-same-owner -xf -
  old=/${run##*/}/old${CLV_OLD_INSTALL#"$root"}
  for _ in 1 2 3; do
    missing=$(as_root chroot "$CHROOT" env LD_LIBRARY_PATH="$old/lib" sh -c 'ldd "$0"/bin/*' "$old" 2>/dev/null | awk '/not found/ { print $1 }' | sort -u)
    [ -n "$missing" ] || break
    ldd "$CLV_OLD_INSTALL"/bin/* 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
      while read -r name path; do if grep -qxF "$name" <<<"$missing"; then as_root cp -L "$path" "$CHROOT$old/lib/$name"; fi; done
  done
  echo "$old"
}

# run_in_chroot MAJOR [OPTION ...]: dev/test --inside on a copy of the tree; counts go to descriptor 3.
run_in_chroot() {
  local major=$1 run status reference old= CHROOT
  shift
  CHROOT=${chroot_of[$major]}
  run=$(as_root mktemp -d "$CHROOT/run.XXXXXX")
  as_root chmod 755 "$run"
  as_root mkdir -p "$run/clv" "$run/shared" "$run/tmp"
  as_root chmod 1777 "$run/tmp"
  tar -C "$ROOT" --exclude=./.git --exclude=./test/unit/build --exclude='*.o' --exclude='*.bc' --exclude='*.so' -cf - . |
    as_root tar -C "$run/clv" --no-same-owner -xf -
  reference=${CLV_REFERENCE_DIR:-$ROOT/../shared/reference}
  [ -d "$reference" ] && as_root cp -rL "$reference" "$run/shared/reference"
  [ -n "${CLV_OLD_INSTALL:-}" ] && old=$(carry_old "$run")
  # A mount namespace of its own gives it /proc and /dev/shm and forgets them at the end; it can do without.
  as_root unshare --mount sh -c '
      mount --make-rprivate / 2>/dev/null
      mount -t proc proc "$0/proc" 2>/dev/null
      mkdir -p "$0/dev/shm" && mount -t tmpfs tmpfs "$0/dev/shm" 2>/dev/null
      exec chroot "$@"' "$CHROOT" "$CHROOT" \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    TMPDIR="/${run##*/}/tmp" CLV_OLD_INSTALL="$old" bash "/${run##*/}/clv/dev/test" --inside "$@" </dev/null
  status=$?
  as_root rm -rf --one-file-system "$run"
  return $status
}
