#!/usr/bin/env bash
# The one list of Debian packages: install-packages.sh [run|test|sanitize|coverage|lint|bench|package|docs]
# Each purpose includes `run`. Nothing is asked of apt when dpkg says that all are there.
set -euo pipefail

run=(g++ cmake ninja-build pkg-config libsqlite3-dev libxxhash-dev libfmt-dev
    libtomlplusplus-dev nlohmann-json3-dev libcli11-dev)
test=(python3 gdb libgtest-dev librapidcheck-dev)
sanitize=(clang libclang-rt-14-dev)  # libFuzzer is in the latter, too
coverage=(gcovr)
lint=(python3 clang clang-format clang-tidy)
package=(dpkg-dev file gdb)
docs=(doxygen)
bench=(liblmdb-dev librocksdb-dev redis-server libhiredis-dev libbenchmark-dev)

fail() {
    echo "install-packages: $*" >&2
    exit 1
}

purpose=${1:-run}
case $purpose in
    run) wanted=("${run[@]}") ;;
    test) wanted=("${run[@]}" "${test[@]}") ;;
    sanitize) wanted=("${run[@]}" "${test[@]}" "${sanitize[@]}") ;;
    coverage) wanted=("${run[@]}" "${test[@]}" "${coverage[@]}") ;;
    lint) wanted=("${run[@]}" "${lint[@]}") ;;
    package) wanted=("${run[@]}" "${package[@]}") ;;
    docs) wanted=("${docs[@]}") ;;
    bench) wanted=("${run[@]}" "${bench[@]}") ;;
    *) fail "unknown purpose '$purpose'; say run, test, sanitize, coverage, lint, bench, package or docs" ;;
esac

command -v dpkg-query >/dev/null ||
    fail "this is not Debian; install by hand, then add PACKAGES=no: ${wanted[*]}"

installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
missing=()
for package in "${wanted[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ((EUID == 0)); then
    as_root=()
elif command -v sudo >/dev/null; then
    as_root=(sudo)
else
    fail "not root and no sudo; ask for: apt-get install ${missing[*]}"
fi

echo "install-packages: installing ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
"${apt[@]}" update || fail "apt-get update failed; see above"
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install: ${missing[*]}"
