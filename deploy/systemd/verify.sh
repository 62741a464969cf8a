#!/bin/sh
# Lets systemd check the units. They name /opt/facedepth_pipeline; what is checked is a copy that names this checkout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
touch "$copy/facedepth.env"
for unit in "$here"/facedepth-reconstruct.*; do
    sed -e "s|/opt/facedepth_pipeline|$project|g" -e "s|/etc/facedepth.env|$copy/facedepth.env|" "$unit" > "$copy/$(basename "$unit")"
done
systemd-analyze verify "$copy"/facedepth-reconstruct.service "$copy"/facedepth-reconstruct.timer
systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$here/facedepth-reconstruct.timer")" > /dev/null
echo "systemd finds nothing wrong."
