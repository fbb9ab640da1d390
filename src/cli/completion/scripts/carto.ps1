# Completion of carto for PowerShell. It asks carto at each Tab, so it never goes stale.
# For a short name of your own: Set-Alias c carto, and this script once more with -CommandName c
Register-ArgumentCompleter -Native -CommandName carto -ScriptBlock {
    param($word, $ast, $cursor)
    $length = $cursor - $ast.Extent.StartOffset
    $line = $ast.Extent.Text
    $line = $line.Substring(0, [Math]::Min($line.Length, $length)).PadRight($length)
    $program = Get-Command carto -CommandType Application -TotalCount 1 -ErrorAction SilentlyContinue
    if (-not $program) { return }
    $said = @(& $program completions powershell '--ask=' -- $line 2>$null)
    foreach ($offer in $said | Select-Object -Skip 1) {
        $value, $about = $offer -split "`t", 2
        if (-not $about) { $about = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
    }
}
