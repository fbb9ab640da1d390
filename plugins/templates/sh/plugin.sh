#!/bin/sh
# A plugin of carto: `carto @NAME@` runs it with the account in its environment.
set -u

version=0.1.0

usage() {
    cat <<'END'
Say which account carto hands over, and the greeting of your settings

Usage: carto @NAME@ [-j]

  -j             print JSON
  -h, --help     print this help
  --version      print the version

Settings: carto config set plugins.@NAME@.greeting TEXT
Exit status: 0; 2 called in a wrong way; 4 no account is named.
END
}

# fail STATUS WHAT HELP...
fail() {
    status=$1
    echo "error: $2" >&2
    shift 2
    for help; do
        echo "help: $help" >&2
    done
    exit "$status"
}

# Help and version need no account.
case ${1-} in
--help) usage && exit ;;
--version) echo "carto-@NAME@ $version" && exit ;;
esac
json=no
while getopts :hj option; do
    case $option in
    h) usage && exit ;;
    j) json=yes ;;
    *) fail 2 "unknown option -$OPTARG" 'carto @NAME@ --help' ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || fail 2 'an unexpected argument' 'carto @NAME@ --help'

# Without carto these variables may be anybody's.
[ -n "${CARTO_PLUGIN_API-}" ] || fail 2 'carto-@NAME@ is a plugin of carto' 'carto @NAME@'
[ "$CARTO_PLUGIN_API" = 1 ] || fail 2 'this carto-@NAME@ knows contract 1 alone'
[ -n "${CARTO_BASE_URL-}" ] ||
    fail 4 'no account is named' 'carto login URL' 'carto config explain'

# The plugin's own settings are one JSON object; carto reads single ones out of it.
greeting=
[ -z "${CARTO_BIN-}" ] ||
    greeting=$("$CARTO_BIN" config get --default 'hello' plugins.@NAME@.greeting) || exit
: "${greeting:=hello}"

# The key goes to the server alone: never print it, and never put it into the arguments of a program.
case ${CARTO_API_KEY-} in
'') key=none ;;
default_public) key=public ;;
*) key=yours ;;
esac

if [ "$json" = yes ]; then
    printf '{"username": "%s", "base_url": "%s", "key": "%s"}\n' \
        "${CARTO_USERNAME-}" "$CARTO_BASE_URL" "$key"
else
    printf '%s %s at %s (key: %s)\n' "$greeting" "${CARTO_USERNAME:-nobody}" "$CARTO_BASE_URL" "$key"
fi
