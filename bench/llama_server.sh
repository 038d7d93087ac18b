#!/usr/bin/env bash
# Builds llama.cpp's own server, for bench.correction to compare with: from the very tree that llama-cpp-python
# vendors, with the same flags. Once per machine, so remove its folder `build` when config/llama_cpp.cmake changed; the
# last line of the output is the path of the program.
#     bench/llama_server.sh [further cmake flags, such as -DGGML_CUDA=ON]
# About eight minutes of one core. JOBS=n compiles n files at once. LLAMA_SDIST names the sources where there is no
# network; cmake and a compiler have to be there.
set -euo pipefail
cd "$(dirname "$0")/.."
release=$(sed -n 's/^llama-cpp-python==\([^ ]*\).*/\1/p' requirements.lock)
home=${HOME}/.cache/ocrfleet/llama-server-${release}
sources=${home}/llama_cpp_python-${release}
server=${home}/build/bin/llama-server

if [[ ! -d ${sources} ]]; then
    mkdir -p "${home}"
    [[ -n ${LLAMA_SDIST:-} ]] || .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps \
        --no-binary llama-cpp-python --dest "${home}" "llama-cpp-python==${release}"
    tar -xzf "${LLAMA_SDIST:-${home}/llama_cpp_python-${release}.tar.gz}" -C "${home}"
fi
if [[ ! -x ${server} ]]; then
    cmake -S "${sources}/vendor/llama.cpp" -B "${home}/build" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_PROJECT_INCLUDE="${PWD}/config/llama_cpp.cmake" -DOCRFLEET_BENCH_SERVER=ON \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_CURL=OFF "$@" >&2
    cmake --build "${home}/build" --target llama-server -j "${JOBS:-1}" >&2
fi
echo "${server}"
