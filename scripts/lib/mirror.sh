# The package sources of the build root, derived from this machine's own.
# shellcheck shell=bash

# root_sources RELEASE : prints apt sources for RELEASE, from the archive that this machine's own Debian sources name.
root_sources() {
  local main security
  main=$(apt-get indextargets --format '$(REPO_URI) $(SUITE) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
    awk '$4 == "main" && $5 == "Debian" && $3 !~ /-/ { print $1; exit }')
  security=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(LABEL)' 'Created-By: Packages' |
    awk '$3 == "main" && $4 == "Debian-Security" { print $1; exit }')
  [ -n "$main" ] || die "no Debian archive among this machine's package sources (is 'apt-get update' done?)"
  printf 'deb %s %s main\n' "$main" "$1"
  printf 'deb %s %s-updates main\n' "$main" "$1"
  [ -z "$security" ] || printf 'deb %s %s-security main\n' "$security" "$1"
}
