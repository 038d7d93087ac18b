#!/usr/bin/env bash
# All that needs a GPU, on a machine without internet: builds llama.cpp with CUDA, runs tests/gpu and the benchmarks.
# That machine needs Python, cmake, a C++ compiler, nvcc, and CUDA 13's libraries with cuDNN, as PyTorch's wheels bring
# them; all else is brought along in pieces of at most 52 MiB, so that one and this repository are less than 64.
#     bench/gpu.sh pack [BUILT]  with internet, after `make setup`: writes .gpu/piece-aa, .gpu/piece-ab ...
#     bench/gpu.sh join          there, after each load of pieces into .gpu: keeps them
#     bench/gpu.sh run DATA OUT [STEP ...]  there, when all have come: reads scans in DATA, writes figures to OUT
# PYTHON_VERSION says which Python that machine has (3.12). BUILT is a folder of llama.cpp's libraries and server built with
# CUDA here, for that GPU: then nothing is built there. Each step has its limit. Without names, those are run that ten
# minutes have room for (six with BUILT, on an H100); by name also ocr_device, correction_3b_f16 and correction_small.
set -euo pipefail
cd "$(dirname "$0")/.."
release=$(sed -n 's/^llama-cpp-python==\([^ ]*\).*/\1/p' requirements.lock)
onnxruntime=$(sed -n 's/^onnxruntime-gpu==\([^ ]*\).*/\1/p' requirements.lock)
sources=llama_cpp_python-${release}
cache=${HOME}/.cache/ocrfleet/llama-server-${release}
home=/tmp/ocrfleet-gpu

pack() {
    local room version=${PYTHON_VERSION:-3.12} platforms=()
    room=$(mktemp -d)
    rm -rf .gpu && mkdir -p .gpu "${room}/wheels"
    bench/llama_server.sh >/dev/null # it fetches and unpacks the sources
    if [[ -n ${1:-} ]]; then
        tar -C "$1" -czf "${room}/built.tar.gz" .
        tar -C "${cache}/${sources}/vendor/llama.cpp" -czf "${room}/llama.cpp.tar.gz" models/ggml-vocab-qwen2.gguf
    else
        tar -C "${cache}/${sources}/vendor/llama.cpp" -czf "${room}/llama.cpp.tar.gz" ggml include src common tools vendor \
            cmake scripts CMakeLists.txt LICENSE licenses models/ggml-vocab-qwen2.gguf
    fi
    tar -C "${cache}/${sources}" -czf "${room}/llama_cpp.tar.gz" llama_cpp
    .venv/bin/uv pip compile --quiet --no-annotate --no-header --no-emit-index-url --python-version "${version}" \
        --python-platform x86_64-manylinux_2_28 --constraint requirements.lock --extra worker --extra local \
        --no-emit-package llama-cpp-python pyproject.toml --output-file "${room}/wanted.txt"
    for minor in 28 27 24 17 12 5; do platforms+=(--platform "manylinux_2_${minor}_x86_64"); done
    .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --python-version "${version}" --implementation cp "${platforms[@]}" --platform manylinux2014_x86_64 \
        --platform manylinux1_x86_64 --dest "${room}/wheels" --requirement "${room}/wanted.txt" \
        "onnxruntime-gpu==${onnxruntime}" diskcache pytest pytest-timeout iniconfig pluggy
    tar -C "${room}" -cf - . | split --bytes 52M - .gpu/piece-
    (cd .gpu && sha256sum piece-* >checksums && ls -l)
    rm -rf "${room}"
}

join() {
    mkdir -p "${home}"
    cp .gpu/* "${home}"
    (cd "${home}" && sha256sum --check --quiet checksums && cat piece-* | tar -x && rm piece-* && echo "all there") ||
        echo "some are still missing"
}

build() {
    mkdir -p "${cache}/${sources}/vendor/llama.cpp"
    tar -C "${cache}/${sources}/vendor/llama.cpp" -xzf "${home}/llama.cpp.tar.gz"
    [[ ! -f ${home}/built.tar.gz ]] || { mkdir -p "${cache}/build/bin" && tar -C "${cache}/build/bin" -xzf "${home}/built.tar.gz"; }
    JOBS=$(nproc) bench/llama_server.sh -DBUILD_SHARED_LIBS=ON -DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=native
    # The same libraries serve llama-cpp-python, whose own part is Python.
    python3 -m pip install --quiet --no-index --no-deps --target "${home}/site" "${home}"/wheels/*.whl
    tar -C "${home}/site" -xzf "${home}/llama_cpp.tar.gz"
}

step() { # seconds, name, command: goes on after a failure, which the log shows
    local began=${SECONDS}
    timeout "$1" "${@:3}" >"${out}/$2.log" 2>&1 && echo "$2: $((SECONDS - began)) s" || echo "$2 FAILED ($?)"
    grep '^{' "${out}/$2.log" | tail -n 1 >"${out}/$2.json" || rm -f "${out}/$2.json"
}

run() {
    data=$1 out=$2
    shift 2
    mkdir -p "${out}"
    export PYTHONPATH=${PWD}:${home}/site LLAMA_CPP_LIB_PATH=${cache}/build/bin
    LD_LIBRARY_PATH=${cache}/build/bin:$(libraries)${LD_LIBRARY_PATH:+:${LD_LIBRARY_PATH}}
    export LD_LIBRARY_PATH
    export -f build
    export release sources cache home
    model=${home}/qwen2.5-3b-shape.gguf
    (($#)) || set -- build random_model pipeline correction_3b growth tests
    for each in "$@"; do "do_${each}"; done
}

do_build() { step 270 build bash -euo pipefail -c build; }
do_random_model() { make_model random_model "${model}"; }
make_model() { # log's name, file, options
    step 60 "$1" python3 -m bench.random_model "${@:2}" \
        --vocabulary "${cache}/${sources}/vendor/llama.cpp/models/ggml-vocab-qwen2.gguf"
}
do_ocr_device() { step 120 ocr_device python3 -m bench.ocr_device --data "${data}" --limit-s 80 --json; }
do_tests() { step 120 tests python3 -m pytest -q -m gpu tests/gpu; }
do_correction_3b() {
    step 240 correction_3b python3 -m bench.correction --model "${model}" --random --data "${data}" --lines "${home}/lines" \
        --gpu 0 --limit 20 --alone 3 --runs 2 --json
}
do_correction_3b_f16() {
    make_model random_model_f16 "${model%.gguf}-f16.gguf" --weights F16
    step 150 correction_3b_f16 python3 -m bench.correction --model "${model%.gguf}-f16.gguf" --random --data "${data}" \
        --lines "${home}/lines" --gpu 0 --limit 20 --alone 3 --runs 2 --json \
        --contenders naive,ours,ours_no_drafts,ours_one_by_one,ours_plain
}
do_correction_small() {
    step 120 correction_small python3 -m bench.correction --model "$(packaged)" --data "${data}" --lines "${home}/lines" \
        --gpu 0 --limit 4 --runs 2 --json
}
do_growth() {
    step 90 growth python3 -m bench.growth --model "${model}" --data "${data}" --lines "${home}/lines" --gpu 0 --json
}
do_pipeline() {
    step 130 pipeline python3 -m bench.pipeline --model "${model}" --data "${data}" --gpu 0 --limit 32 --children "$(nproc)" \
        --ocr-device cpu,gpu --limit-s 100 --json
}

libraries() { # CUDA's own as pip installed them, for onnxruntime: `nvidia` has no code, only folders
    python3 -c 'import nvidia, pathlib; print(*(lib for each in nvidia.__path__ for lib in pathlib.Path(each).glob("*/lib")), sep=":")' || true # the system's own will do
}

packaged() { python3 -c 'from samples.stack import packaged_model; print(packaged_model())'; }

"$@"
