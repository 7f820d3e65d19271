#!/usr/bin/env bash
# Builds what stands in for the two public base images, debian:bookworm-slim and node:24-bookworm-slim, for machines that
# reach no image registry: Debian's own packages, and the node binary that is named. An image that is there is left alone.
# The host's certificate authorities come along, so that npm works in builds behind a proxy of the house.
#   base-images.sh PATH_OF_NODE_24     (as root on Debian)
set -euo pipefail
node=${1:?usage: base-images.sh PATH_OF_NODE_24}
debian=debian:bookworm-slim
slim=node:24-bookworm-slim

here() { docker image inspect "$1" >/dev/null 2>&1; }

here "$slim" && here "$debian" && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
path='ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
authorities=/etc/ssl/certs/ca-certificates.crt

if ! here "$debian"; then
  command -v mmdebstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap </dev/null >/dev/null 2>&1
  mmdebstrap --quiet --variant=minbase --include=ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$work/rootfs.tar"
  docker import -c "$path" -c 'CMD ["bash"]' "$work/rootfs.tar" "$debian" >/dev/null
fi

mkdir "$work/node"
cp -L "$node" "$work/node/node"
cp -L "$authorities" "$work/node/authorities.crt"
cp -a "$(npm root --global 2>/dev/null)/npm" "$work/node/npm"
cat >"$work/node/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
COPY authorities.crt /etc/ssl/certs/ca-certificates.crt
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
DOCKERFILE
docker build --quiet --tag "$slim" "$work/node" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
