# Completion of carto for fish. It asks carto at each Tab, so it never goes stale.
# For a short name of your own: alias c=carto   # fish completes it alike
function __carto_complete
    set -l token (commandline --current-token --cut-at-cursor)
    set -l said (command carto completions fish --ask -- (commandline --current-process --tokenize --cut-at-cursor) "$token" 2>/dev/null)
    set -l kind (string split ' ' -- "$said[1]")
    test (count $said) -gt 1; and printf '%s\n' $said[2..-1]
    switch "$kind[1]"
        case files directories
            set -l before (string sub --length $kind[2] -- "$token")
            set -l name (string sub --start (math $kind[2] + 1) -- "$token")
            if test "$kind[1]" = files
                set said (__fish_complete_path "$name")
            else
                set said (__fish_complete_directories "$name" '')
            end
            test (count $said) -gt 0; and printf '%s\n' $before$said
        case programs
            __fish_complete_command
    end
end
complete --command carto --no-files --keep-order --arguments '(__carto_complete)'
