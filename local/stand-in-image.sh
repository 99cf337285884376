#!/usr/bin/env bash
# Makes a stand-in for the image that SAM runs our functions in, where that image cannot be pulled: a Debian as small as
# debootstrap makes it, under the image's own name. Binaries that were built on this machine run in it.
#
# It needs root, a Docker engine and debootstrap. `docker rmi` of the name takes it away again.
set -euo pipefail

image=public.ecr.aws/lambda/provided:al2023-x86_64
# shellcheck source=/dev/null
suite=${1:-$(. /etc/os-release && echo "$VERSION_CODENAME")}

if docker image inspect "$image" >/dev/null 2>&1; then
    echo "$image is there already."
    exit 0
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# Certificates, because the functions call AWS and Stripe.
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root"
mkdir -p "$root/var/task" "$root/var/runtime"
tar -C "$root" --create . | docker import \
    --change 'ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime' \
    --change 'WORKDIR /var/task' \
    - "$image"
echo "$image is now a stand-in of Debian $suite."
