# Completion of carto for elvish. It asks carto at each Tab, so it never goes stale.
# For a short name of your own: fn c {|@a| carto $@a }, and set its arg-completer to that of carto.
use str

set edit:completion:arg-completer[carto] = {|@words|
    var said = [(try { (external carto) completions elvish --ask -- $@words 2>/dev/null | from-lines } catch { })]
    if (> (count $said) 0) {
        for offer $said[1..] {
            var word about = (str:split &max=2 "\t" $offer)
            var end = (if (or (str:has-suffix $word '=') (str:has-suffix $word '.')) { put '' } else { put ' ' })
            var shown = (if (eq $about '') { put $word } else { put $word' ('$about')' })
            edit:complex-candidate $word &display=$shown &code-suffix=$end
        }
        var kind before = (str:split ' ' $said[0])
        if (not-eq $kind words) {
            var typed = $words[-1]
            edit:complete-filename $typed[$before..] | each {|file|
                edit:complex-candidate $typed[..$before]$file[stem] &code-suffix=$file[code-suffix]
            }
        }
    }
}
