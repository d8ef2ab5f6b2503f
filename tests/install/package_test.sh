#!/usr/bin/env bash
# package_test.sh BUILD_DIR SOURCE_DIR: makes the Debian packages, has dpkg install them into a root of
# their own, runs the command from there, builds a program against it, and has dpkg remove them again.
set -euo pipefail

build=$1 source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root

step() { echo "-- $*"; }

step "make the packages"
(cd "$build" && cpack -B "$scratch/packages" >"$scratch/log" 2>&1) || { cat "$scratch/log"; exit 1; }
packages=("$scratch"/packages/*.deb)
printf '   %s\n' "${packages[@]##*/}"
((${#packages[@]} == 3))

step "each names what it needs"
needs() { dpkg-deb --field "$scratch"/packages/"$1"_*.deb Depends; }
grep -q libsqlite3-0 <<<"$(needs perdure)"
grep -q libsqlite3-0 <<<"$(needs libperdure0.1)"
grep -q 'libperdure0.1 (= ' <<<"$(needs libperdure-dev)"

step "dpkg installs them"
mkdir -p "$root/var/lib/dpkg"/{info,updates,triggers}
: >"$root/var/lib/dpkg/status"
in_root() { # what they depend on is on this machine, and not in that root
    dpkg --root="$root" --log="$scratch/dpkg.log" --force-depends --force-not-root --force-script-chrootless "$@" \
        >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
}
in_root --unpack "${packages[@]}"

step "gdb finds the printers of the library by its path, and takes them"
library=$(find "$root/usr/lib" -name 'libperdure.so.*' -type f)
printers=$root/usr/share/gdb/auto-load${library#"$root"}-gdb.py
test -f "$printers" || { echo "$printers is not there" >&2; exit 1; }
command -v gdb >/dev/null || { echo "gdb is not installed: scripts/install-packages.sh package" >&2; exit 1; }
gdb -batch -nx -ex "source $printers" -ex "info pretty-printer global perdure" >"$scratch/log" 2>&1
grep -q TableDefinition "$scratch/log" || { cat "$scratch/log"; exit 1; }

step "the command runs, and makes a world"
"$root/usr/bin/perdure" init "$scratch/world" >"$scratch/log" || { cat "$scratch/log"; exit 1; }
"$root/usr/bin/perdure" verify "$scratch/world" >"$scratch/log" || { cat "$scratch/log"; exit 1; }

step "a program is built against them"
cmake -S "$source/tests/install/consumer" -B "$scratch/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$root/usr" \
    >"$scratch/log" || { cat "$scratch/log"; exit 1; }
cmake --build "$scratch/consumer"
"$scratch/consumer/consumer"

step "dpkg removes them, and leaves nothing"
in_root --remove perdure libperdure-dev libperdure0.1
if find "$root" -path '*usr*' -name '*perdure*' | grep .; then
    echo "the files above are still there" >&2
    exit 1
fi
