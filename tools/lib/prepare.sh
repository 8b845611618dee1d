# shellcheck shell=bash
# Shared by the scripts in tools/: brings a machine to the point where Kvorum can be built.

# A sentence on standard error, and the end.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Installs those Debian packages of the arguments that are missing, and only then asks the archive for anything.
install_packages() {
  local package missing=() as_root=()
  for package in "$@"; do
    # The last word of the status: "deinstall ok config-files" is not installed.
    [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "these packages are missing: ${missing[*]}. Install them, or run this as root."
    as_root=(sudo)
  fi
  printf 'Installs %s\n' "${missing[*]}" >&2
  # Standard output is for what the script itself has to say.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2 ||
    die "apt-get update failed: is there a way to the package archive?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
    "${missing[@]}" >/dev/null || die "apt-get could not install ${missing[*]}"
}

# Makes the machine fit to build Kvorum and to look into its files.
prepare() {
  command -v swift >/dev/null || die "there is no swift on the PATH: install Swift 6.2 or newer, see swift.org/install"
  if command -v dpkg-query >/dev/null; then
    install_packages libsqlite3-dev libedit-dev pkg-config sqlite3
    # A Redis client of others, with which the tests come.
    case ${0##*/} in test | sanitize) install_packages python3 python3-redis ;; esac
  else
    command -v sqlite3 >/dev/null || die "sqlite3 is missing, and from here only Debian's packages can be installed"
  fi
}
