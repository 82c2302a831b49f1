#!/bin/sh
# Submit a run to a Ray cluster that is there, and wait for it:
#
#   RAY_API_SERVER_ADDRESS=http://HEAD:8265 OUT=s3://BUCKET/shards jobs/deploy/submit.sh [more flags of jobs.shards]
#
# NAME (default: the day, UTC) names the run; what is submitted again under a name goes on, or does nothing where it is complete.
# Needs `pip install 'ray[default]'` of the cluster's version here and on the head, and the cluster's token (RAY_AUTH_TOKEN),
# which Ray asks for by default from 2.59 on. Exits 1 where the run ended with 1 or 2, 0 otherwise: to Ray, a job that somebody
# stopped has not failed. OUT/run=ID/run.json knows better.
set -eu
cd "$(dirname "$0")/../.."
exec ray job submit --working-dir . --runtime-env jobs/deploy/runtime_env.yaml -- \
  python -m jobs.shards --config "${CONFIG:-jobs/configs/cluster.toml}" --out "${OUT:?s3://BUCKET/shards}" \
  --name "${NAME:-$(date -u +%Y-%m-%d)}" --json "$@"
