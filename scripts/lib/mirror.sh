# The package sources of the build root, derived from this machine's own.
# shellcheck shell=bash
# shellcheck disable=SC2016 # apt's format strings look like expansions

# archive_main : the address of the Debian archive; nothing before the package lists were fetched once.
archive_main() {
  apt-get indextargets --format '$(REPO_URI) $(SUITE) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
    awk '$4 == "main" && $5 == "Debian" && $3 !~ /-/ { print $1; exit }'
}

# root_sources RELEASE : prints apt sources for RELEASE, from the archive that this machine's own Debian sources name.
root_sources() {
  local main security
  main=$(archive_main)
  if [ -z "$main" ]; then
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    main=$(archive_main)
  fi
  security=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(LABEL)' 'Created-By: Packages' |
    awk '$3 == "main" && $4 == "Debian-Security" { print $1; exit }')
  [ -n "$main" ] || die "no Debian archive among this machine's package sources"
  printf 'deb %s %s main\n' "$main" "$1"
  printf 'deb %s %s-updates main\n' "$main" "$1"
  [ -z "$security" ] || printf 'deb %s %s-security main\n' "$security" "$1"
}
