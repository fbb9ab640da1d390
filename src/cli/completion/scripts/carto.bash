# Completion of carto for bash. It asks carto at each Tab, so it never goes stale.
# For a short name of your own: alias c=carto; complete -o nospace -F _carto c
_carto() {
    local kind='' line
    COMPREPLY=()
    while IFS= read -r line; do
        if [ -z "$kind" ]; then
            kind=${line%% *}
        else
            COMPREPLY[${#COMPREPLY[@]}]=$line
        fi
    done < <(command carto completions bash --ask="$2" -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    local action
    case $kind in
    files) action=file ;;
    directories) action=directory ;;
    programs) action=command ;;
    *) return ;;
    esac
    local names=()
    while IFS= read -r line; do
        names[${#names[@]}]=$line
    done < <(compgen -A "$action" -- "$2")
    if [ "${#COMPREPLY[@]}" -eq 0 ] && [ "$kind" != programs ] && compopt -o filenames 2>/dev/null; then
        # Then bash quotes, and ends directories with a slash.
        [ "${#names[@]}" -gt 0 ] && COMPREPLY=("${names[@]}")
        compopt +o nospace
        return
    fi
    # An empty array counts as unset in old versions, which some call an error.
    for line in ${names[@]+"${names[@]}"}; do
        if [ "$kind" != programs ] && [ -d "$line" ]; then
            COMPREPLY[${#COMPREPLY[@]}]=$(printf %q "$line")/
        else
            COMPREPLY[${#COMPREPLY[@]}]="$(printf %q "$line") "
        fi
    done
}
complete -o nospace -F _carto carto
