#!/usr/bin/env bash
# Build the Dockerfile without a daemon and without an image registry, and run `headroom --version` in it as it will
# run: uid 65532, nothing writable. The base is made from Debian's own packages. Needs root, buildah and mmdebstrap:
#   apt-get install --yes buildah mmdebstrap
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suite=bookworm # the oldest Debian with Python 3.11
base=localhost/headroom-base
image=localhost/headroom
certificates=/etc/ssl/certs/ca-certificates.crt # this machine's, so that a proxy it trusts is trusted in the build

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

if ! buildah inspect --type image "$base" > /dev/null 2>&1; then
    echo "making a base image of Debian $suite"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv "$suite" "$work/base.tar"
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$work/base.tar" / > /dev/null
    buildah commit --quiet --rm "$container" "$base" > /dev/null
fi

buildah build --quiet --pull-never --build-arg BASE="$base" --volume "$certificates:$certificates:ro" --tag "$image" . > /dev/null

container=$(buildah from --pull-never "$image")
trap 'buildah rm "$container" > /dev/null; rm -rf "$work"' EXIT
buildah run "$container" -- sh -c 'test "$(id -u):$(id -g)" = 65532:65532 || { echo "runs as $(id)" >&2; exit 1; }'
buildah run "$container" -- sh -c '! touch /opt/headroom/written 2> /dev/null || { echo "its code is writable" >&2; exit 1; }'
buildah run "$container" -- headroom --version
