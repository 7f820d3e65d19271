#!/usr/bin/env bash
# Brings up a Docker engine where that may be done without asking: as root on Debian, for CI. Installs it from Debian,
# starts it by hand (CI machines have no service manager) and waits for it. Where an engine answers already, it does nothing.
# Exit 0: an engine answers. Exit 1: none does, said in one sentence. Never pulls anything.
set -uo pipefail

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

answers && exit 0
if [ ! -e /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
  echo "No Docker engine answers, and only root on Debian may install one here." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io iptables ca-certificates; } </dev/null >/dev/null 2>&1
fi
if ! command -v dockerd >/dev/null; then
  echo "Debian's docker.io could not be installed." >&2
  exit 1
fi
# A session of its own: it serves whoever comes after this script.
# Nothing of ours stays open in it: whoever reads what this script says is not kept waiting by it.
answers || { exec setsid dockerd; } >/var/log/dockerd.log 2>&1 </dev/null &
for _ in $(seq 1 60); do
  answers && exit 0
  sleep 0.5
done
echo "dockerd was started and does not answer; see /var/log/dockerd.log." >&2
exit 1
