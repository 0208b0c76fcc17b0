; The installer for Windows, for one user and without an administrator. Inno Setup 6.3 or newer:
;
;   ISCC resources\installers\windows\opside-desktop.iss
;
; takes dist\opside-desktop, which build.spec made, and writes dist\opside-desktop-VERSION-setup.exe.
; The version is the one that the build wrote into the program's file. /DSign signs installer and
; uninstaller with the sign tool named "sign" (docs\releasing.md).

#define Name "Opside Desktop"
#define Window "Opside Desktop.exe"
#define Command "opside-desktop.exe"
#ifndef Root
  #define Root AddBackslash(SourcePath) + "..\..\.."
#endif
#ifndef Folder
  #define Folder Root + "\dist\opside-desktop"
#endif
#ifndef Out
  #define Out Root + "\dist"
#endif
#ifndef Icon
  #define Icon Root + "\build\package\icons\opside-desktop.ico"
#endif
#ifndef Version
  #define Version GetStringFileInfo(Folder + "\" + Command, PRODUCT_VERSION)
#endif
#if Version == ""
  #error There is no version: build the program first, or give /DVersion=1.2.0.
#endif

[Setup]
; Never change it: by this a newer version finds the older one.
AppId={{5B0E4C1D-7A53-4E0B-9C36-0F51DE5DE5C7}
AppName={#Name}
AppVersion={#Version}
AppVerName={#Name} {#Version}
AppPublisher={#Name}
VersionInfoVersion={#Version}
VersionInfoProductTextVersion={#Version}
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; Qt needs Windows 10 of 2018 or newer.
MinVersion=10.0.17763
; %LOCALAPPDATA%\Programs\Opside Desktop. The data lies in %LOCALAPPDATA%\opside-desktop, out of reach
; of installing, updating and removing.
DefaultDirName={autopf}\{#Name}
DisableProgramGroupPage=yes
; An update asks the running program to close, as Windows does when it shuts down: the program ends
; a sync at a page and goes on with it next time. One that does not close stops the update.
CloseApplications=yes
CloseApplicationsFilter=*.exe,*.dll,*.pyd
RestartApplications=no
SetupIconFile={#Icon}
UninstallDisplayIcon={app}\{#Window}
WizardStyle=modern
SetupLogging=yes
Compression=lzma2/max
SolidCompression=yes
OutputDir={#Out}
OutputBaseFilename=opside-desktop-{#Version}-setup
#ifdef Sign
SignTool=sign
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"

[Messages]
en.ConfirmUninstall=Remove %1 from this computer?%n%nYour data is kept: the claims, orders and settings in the folder opside-desktop of your local application data (%%LOCALAPPDATA%%\opside-desktop), and Amazon's secrets in the Credential Manager. Install %1 again to go on with them; to be rid of them, remove your accounts in the program first, and delete that folder afterwards.

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked

[InstallDelete]
; Libraries of an older version must not be found beside the new ones.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Folder}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{autoprograms}\{#Name}"; Filename: "{app}\{#Window}"; Comment: "See and keep what Amazon owes you"
Name: "{autodesktop}\{#Name}"; Filename: "{app}\{#Window}"; Tasks: desktopicon

[Run]
Filename: "{app}\{#Window}"; Description: "{cm:LaunchProgram,{#Name}}"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
Type: dirifempty; Name: "{app}"

[Code]
const
  CloseLimitMs = 25000;
  LookEveryMs = 250;

{ Windows lets nobody write to the file of a program that runs. }
function Runs(const Name: String): Boolean;
var
  Opened: TFileStream;
begin
  Result := False;
  if FileExists(ExpandConstant('{app}\' + Name)) then
    try
      Opened := TFileStream.Create(ExpandConstant('{app}\' + Name), fmOpenReadWrite or fmShareDenyNone);
      Opened.Free;
    except
      Result := True;
    end;
end;

{ Ask the window to close, as a click on its cross does, and wait until it has stored everything. }
procedure CloseWindow;
var
  Code, WaitedMs: Integer;
begin
  WaitedMs := 0;
  if Runs('{#Window}') then
    Exec(ExpandConstant('{sys}\taskkill.exe'), '/IM "{#Window}"', '', SW_HIDE, ewWaitUntilTerminated, Code);
  while Runs('{#Window}') and (WaitedMs < CloseLimitMs) do
  begin
    Sleep(LookEveryMs);
    WaitedMs := WaitedMs + LookEveryMs;
  end;
end;

function InitializeUninstall: Boolean;
begin
  Result := True;
  repeat
    CloseWindow;
    if not (Runs('{#Window}') or Runs('{#Command}')) then
      Exit;
    Log('The program still runs.');
    { In silence nobody can be asked, and nothing is removed. }
    Result := not UninstallSilent and
      (MsgBox('{#Name} still runs, in a window or as a command in a terminal. ' +
        'Please end it, then try again.', mbError, MB_RETRYCANCEL) = IDRETRY);
  until not Result;
end;
