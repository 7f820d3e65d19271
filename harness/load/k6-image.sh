#!/usr/bin/env bash
# Builds what stands in for k6's public image, for machines that reach no image registry: the k6 that is named, on the
# stand-in for debian:bookworm-slim (harness/containers/base-images.sh). An image that is there is left alone.
#   k6-image.sh PATH_OF_K6
set -euo pipefail
k6=${1:?usage: k6-image.sh PATH_OF_K6}
version=$("$k6" version | sed -n 's/^k6 v\([0-9.]*\).*/\1/p')
image=grafana/k6:$version

docker image inspect "$image" >/dev/null 2>&1 && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -L "$k6" "$work/k6"
cat >"$work/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
COPY k6 /usr/bin/k6
USER 12345
ENTRYPOINT ["k6"]
DOCKERFILE
docker build --quiet --tag "$image" "$work" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
