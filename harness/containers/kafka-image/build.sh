#!/usr/bin/env bash
# Builds apache/kafka:VERSION from a directory with Kafka's jars; the version is that of its kafka_2.13 jar. An image of that
# name that is there is left alone.
#   build.sh [DIRECTORY_OF_JARS]     (where `npm run kafka:fetch` puts them when missing)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pom=$here/../../apache-kafka/pom.xml
fetched=${XDG_CACHE_HOME:-$HOME/.cache}/tribunal/kafka-$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$pom")/libs
jars=${1:-$fetched}
if ! ls "$jars"/kafka_2.13-*.jar >/dev/null 2>&1; then
  echo "There are no jars of Apache Kafka in $jars; npm run kafka:fetch brings them." >&2
  exit 2
fi
version=$(basename "$jars"/kafka_2.13-*.jar .jar)
tag=apache/kafka:${version#kafka_2.13-}
if docker image inspect "$tag" >/dev/null 2>&1; then exit 0; fi
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp -r "$here/Dockerfile" "$here/run" "$here/defaults" "$context/"
mkdir "$context/libs" && cp -L "$jars"/*.jar "$context/libs/"
chmod 755 "$context/run"
docker build --quiet --tag "$tag" "$context" >/dev/null 2>"$context/said" || { cat "$context/said" >&2; exit 1; }
