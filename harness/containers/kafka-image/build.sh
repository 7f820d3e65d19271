#!/usr/bin/env bash
# Builds apache/kafka:VERSION from a directory with Kafka's jars; the version is that of its kafka_2.13 jar. An image of that
# name that is there is left alone.
#   build.sh DIRECTORY_OF_JARS
set -euo pipefail
jars=${1:?usage: build.sh DIRECTORY_OF_JARS}
here=$(cd "$(dirname "$0")" && pwd)
version=$(basename "$jars"/kafka_2.13-*.jar .jar)
tag=apache/kafka:${version#kafka_2.13-}
if docker image inspect "$tag" >/dev/null 2>&1; then exit 0; fi
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp -r "$here/Dockerfile" "$here/run" "$here/defaults" "$context/"
mkdir "$context/libs" && cp -L "$jars"/*.jar "$context/libs/"
chmod 755 "$context/run"
docker build --quiet --tag "$tag" "$context" >/dev/null 2>"$context/said" || { cat "$context/said" >&2; exit 1; }
