#!/usr/bin/env bash
# Use a quarter of an hour on a borrowed GPU for the tests that need a GPU, the
# benchmark, and training with a checkpoint about every minute.
#
#   benchmarks/gpu_quarter_hour.sh DATA OUT [--cfg-options KEY=VALUE ...]
#
# DATA is the folder of GoPro. Further arguments override keys of the config.
# Environment variables: MINUTES, 14 in total; CONFIG; PYTHON; TESTS, the tests
# to run; and BENCHMARK, further arguments of the benchmark. A second run with
# the same OUT resumes the training.
set -euo pipefail

DATA=$1 OUT=$2
shift 2
MINUTES=${MINUTES:-14}
PYTHON=${PYTHON:-python}
CONFIG=${CONFIG:-configs/ascyclegan_plus_gopro.py}
END=$((SECONDS + 60 * MINUTES))
mkdir -p "$OUT"
cd "$(dirname "$0")/.."

"$PYTHON" -c 'import torch; print("torch", torch.__version__, "on",
    torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU")' |
    tee "$OUT/device.txt"

step() { # NAME SECONDS COMMAND...: continues after a failure or a timeout
    local name=$1 limit=$2
    shift 2
    echo "== $name"
    timeout --signal TERM --kill-after 20 "$limit" "$@" 2>&1 |
        tee "$OUT/$name.log" || echo "== $name ended with ${PIPESTATUS[0]}"
}

step tests 150 "$PYTHON" -m pytest -q ${TESTS:--k cuda tests}
for suite in step inference; do
    step "benchmark-$suite" 75 "$PYTHON" -m benchmarks "$suite" \
        --rounds 3 --out "$OUT/benchmark" ${BENCHMARK:-}
done

train() { # SECONDS INTERVAL ARGUMENTS...: saves when stopped
    local limit=$1 interval=$2
    shift 2
    step "train-$SECONDS" "$limit" "$PYTHON" tools/train.py "$CONFIG" \
        --data-root "$DATA" --work-dir "$OUT/training" --resume \
        --cfg-options "default_hooks.checkpoint.interval=$interval" "$@"
}
[ "${1:-}" = --cfg-options ] && shift
train 60 1000000 "$@"
# Save about every minute.
last="$OUT/training/last_checkpoint"
[ -f "$last" ] || { echo "no training step in a minute: $OUT/train-*.log"; exit 1; }
reached=$(grep -o '[0-9]*' "$last" | tail -1)
train $((END - SECONDS - 25)) "$((reached > 0 ? reached : 100))" "$@"
