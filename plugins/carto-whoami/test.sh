#!/bin/sh
# Tests carto-whoami alone, with the variables that carto would set. Ends with the counts.
set -u

plugin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/carto-whoami
passed=0
failed=0

# case_ NAME EXPECTED [VARIABLE=VALUE]... [-- ARGUMENT...]: EXPECTED is both outputs and the status.
case_() {
    name=$1
    expected=$2
    shift 2
    variables=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        variables="$variables $1"
        shift
    done
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2086  # one word for each variable
    found=$(env -i PATH=/usr/bin:/bin $variables "$plugin" "$@" 2>&1; echo "exit $?")
    if [ "$found" = "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n--- expected\n%s\n--- found\n%s\n' "$name" "$expected" "$found"
    fi
}

whole='CARTO_PLUGIN_API=1 CARTO_USERNAME=ann CARTO_USER=ann CARTO_BASE_URL=https://ann.carto.com'

# shellcheck disable=SC2086
{
    case_ 'a whole account' 'username      ann
base_url      https://ann.carto.com
organization  acme
apikey        ********
exit 0' $whole CARTO_ORG=acme CARTO_API_KEY=marker-key
    case_ 'the public key' 'username      ann
base_url      https://ann.carto.com
apikey        default_public (reads public data only)
exit 0' $whole CARTO_API_KEY=default_public
    case_ 'a withheld key' 'username      ann
base_url      https://ann.carto.com
apikey        (withheld from this plugin)
exit 0' $whole
    case_ 'an account without a name' 'username      (none)
base_url      https://maps.example.com
apikey        ********
exit 0' CARTO_PLUGIN_API=1 CARTO_BASE_URL=https://maps.example.com CARTO_API_KEY=marker-key
    case_ 'no account' 'error: no account is named
help: carto login URL
help: carto config set username NAME
exit 4' CARTO_PLUGIN_API=1
    case_ 'an argument' 'error: `carto whoami` takes no arguments
help: carto whoami --help
exit 2' $whole -- ''
    case_ 'without carto' 'error: carto-whoami is a plugin of carto
help: carto whoami
exit 2' CARTO_USERNAME=ann CARTO_BASE_URL=https://ann.carto.com
    case_ 'another contract' 'error: this carto-whoami knows version 1 of the plugin contract
exit 2' CARTO_PLUGIN_API=2 CARTO_BASE_URL=https://ann.carto.com
}

# Help needs no account, and no carto.
for flag in -h --help; do
    if env -i PATH=/usr/bin:/bin "$plugin" "$flag" | grep -q '^Usage: carto whoami$'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $flag"
    fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
