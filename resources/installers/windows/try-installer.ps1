# Installs the program in silence, lets it test itself, and removes it again. For continuous
# integration: it deletes the data folder of whoever runs it.
$ErrorActionPreference = "Stop"

$setup = (Get-ChildItem dist\*-setup.exe).FullName
$folder = "$env:LOCALAPPDATA\Programs\Opside Desktop"
$data = "$env:LOCALAPPDATA\opside-desktop"
$entry = "$env:APPDATA\Microsoft\Windows\Start Menu\Programs\Opside Desktop.lnk"
# Of this user alone: nothing asked for an administrator.
$listing = "HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\{5B0E4C1D-7A53-4E0B-9C36-0F51DE5DE5C7}_is1"

function Run-ToEnd([string] $Program, [string[]] $Words) {
    # A program with a window is not waited for otherwise.
    $process = Start-Process -FilePath $Program -ArgumentList $Words -Wait -PassThru
    if ($process.ExitCode -ne 0) { throw "$Program $Words ended with $($process.ExitCode)." }
}

Run-ToEnd $setup @("/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART", "/LOG=dist\setup.log")
if (-not (Test-Path $entry)) { throw "The Start menu lacks the program." }
if (-not (Test-Path $listing)) { throw "The list of installed programs lacks it." }
& "$folder\opside-desktop.exe" --self-test
if ($LASTEXITCODE -ne 0) { throw "The installed program is not whole." }
& "$folder\opside-desktop.exe" --demo sync
if ($LASTEXITCODE -ne 0) { throw "The installed program does not sync." }

# Over itself, as an update goes.
Run-ToEnd $setup @("/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART")
$listed = & "$folder\opside-desktop.exe" --demo list claims --limit 1 --json | ConvertFrom-Json
if ($listed.pagination.total -ne 37) { throw "The update lost rows." }

Run-ToEnd "$folder\unins000.exe" @("/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART")
# The uninstaller goes on in a copy of itself for a moment.
for ($look = 0; (Test-Path $folder) -and $look -lt 60; $look++) { Start-Sleep -Milliseconds 500 }
foreach ($left in @($folder, $entry, $listing)) {
    if (Test-Path $left) { throw "$left is left." }
}
if (-not (Test-Path $data)) { throw "The data is gone." }
Remove-Item -Recurse $data
Write-Output "Installed, synced, updated and removed; the data stayed."
