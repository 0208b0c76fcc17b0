#!/bin/sh
# Makes the disk image of the app, and has Apple notarise it where that is possible.
#
#   dmg.sh "dist/Opside Desktop.app" dist/opside-desktop-1.2.0-macos-arm64.dmg
#
# build.spec signs the app where CODESIGN_IDENTITY and ENTITLEMENTS_FILE are set; this signs the
# image with the same identity. Notarising needs NOTARY_KEY (the file of an App Store Connect key),
# NOTARY_KEY_ID and NOTARY_ISSUER. What is missing is said and left out; nothing is ever published.
set -eu

app="${1:?Name the app.}"
image="${2:?Name the image to make.}"
[ -d "$app/Contents" ] || { echo "$app is not an app. Build it first." >&2; exit 1; }

if [ -n "${CODESIGN_IDENTITY:-}" ]; then
    codesign --verify --deep --strict --verbose=2 "$app"
fi

staged="$(mktemp -d)"
trap 'rm -rf "$staged"' EXIT
cp -R "$app" "$staged/"
ln -s /Applications "$staged/Applications"
hdiutil create -volname "Opside Desktop" -srcfolder "$staged" -format ULFO -ov "$image"

if [ -z "${CODESIGN_IDENTITY:-}" ]; then
    echo "CODESIGN_IDENTITY is not set: $image is not signed, and macOS will warn who opens it."
    exit 0
fi
codesign --sign "$CODESIGN_IDENTITY" --timestamp "$image"

if [ -z "${NOTARY_KEY:-}" ]; then
    echo "NOTARY_KEY is not set: $image is signed and not notarised."
    exit 0
fi
xcrun notarytool submit "$image" --wait --timeout 30m \
    --key "$NOTARY_KEY" --key-id "${NOTARY_KEY_ID:?}" --issuer "${NOTARY_ISSUER:?}"
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature --verbose "$image"
