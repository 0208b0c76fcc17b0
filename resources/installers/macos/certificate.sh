#!/bin/sh
# Puts the signing certificate into a keychain of its own, for continuous integration only: on your
# own Mac the certificate lies in your login keychain already.
#
#   certificate.sh add      needs MACOS_CERTIFICATE (a .p12 in base64) and MACOS_CERTIFICATE_PASSWORD
#   certificate.sh remove
#
# Without MACOS_CERTIFICATE it does nothing, and the program is not signed.
set -eu

keychain="${RUNNER_TEMP:-/tmp}/opside-signing.keychain-db"

add() {
    if [ -z "${MACOS_CERTIFICATE:-}" ]; then
        echo "MACOS_CERTIFICATE is not set: nothing will be signed."
        return
    fi
    file="${RUNNER_TEMP:-/tmp}/opside-signing.p12"
    trap 'rm -f "$file"' EXIT
    umask 077
    printf %s "$MACOS_CERTIFICATE" | base64 --decode >"$file"
    password="$(openssl rand -hex 24)"
    security create-keychain -p "$password" "$keychain"
    security set-keychain-settings -lut 7200 "$keychain"
    security unlock-keychain -p "$password" "$keychain"
    security import "$file" -k "$keychain" -P "${MACOS_CERTIFICATE_PASSWORD:-}" -T /usr/bin/codesign
    security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" >/dev/null
    # The login keychain stays in the list: others look for their own keys there.
    security list-keychains -d user -s "$keychain" login.keychain-db
}

remove() {
    [ ! -e "$keychain" ] || security delete-keychain "$keychain"
}

case "${1:-}" in
    add) add ;;
    remove) remove ;;
    *)
        echo "Say add or remove." >&2
        exit 2
        ;;
esac
