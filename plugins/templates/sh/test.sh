#!/bin/sh
# Tests carto-@NAME@ alone, with the variables that carto would set. Ends with the counts.
set -u

plugin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/carto-@NAME@
passed=0
failed=0

# check WHAT EXPECTED COMMAND...: EXPECTED is both outputs and the exit status.
check() {
    what=$1
    expected=$2
    shift 2
    found=$("$@" 2>&1; echo "exit $?")
    if [ "$found" = "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n--- expected\n%s\n--- found\n%s\n' "$what" "$expected" "$found"
    fi
}

# with VARIABLE=VALUE... COMMAND...: an environment with nothing else of an account.
with() {
    env -i PATH="$PATH" CARTO_PLUGIN_API=1 "$@"
}

ann='CARTO_USERNAME=ann CARTO_BASE_URL=https://ann.carto.com'
# shellcheck disable=SC2086  # one word for each variable
{
    check 'an account' 'hello ann at https://ann.carto.com (key: yours)
exit 0' with $ann CARTO_API_KEY=secret "$plugin"
    check 'the public key' 'hello ann at https://ann.carto.com (key: public)
exit 0' with $ann CARTO_API_KEY=default_public "$plugin"
    check 'JSON' '{"username": "ann", "base_url": "https://ann.carto.com", "key": "none"}
exit 0' with $ann "$plugin" -j
    check 'no account' 'error: no account is named
help: carto login URL
help: carto config explain
exit 4' with "$plugin"
    check 'an unknown option' 'error: unknown option -x
help: carto @NAME@ --help
exit 2' with $ann "$plugin" -x
    check 'an argument' 'error: an unexpected argument
help: carto @NAME@ --help
exit 2' with $ann "$plugin" more
    check 'without carto' 'error: carto-@NAME@ is a plugin of carto
help: carto @NAME@
exit 2' env -i PATH="$PATH" $ann "$plugin"
    check 'another contract' 'error: this carto-@NAME@ knows contract 1 alone
exit 2' with CARTO_PLUGIN_API=2 $ann "$plugin"
    check 'the version' 'carto-@NAME@ 0.1.0
exit 0' env -i PATH="$PATH" "$plugin" --version
}
for flag in -h --help; do
    check "$flag" 'Usage: carto @NAME@ [-j]
exit 0' sh -c '"$1" "$2" | grep Usage:' sh "$plugin" "$flag"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
