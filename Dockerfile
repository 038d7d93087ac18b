# syntax=docker/dockerfile:1
# One file, three images: `producer` (also runs Flower), `worker` (CPU) and `worker-cuda`:
#   docker build --target worker --tag ocrfleet-worker .
# The dependencies of pyproject.toml, held to requirements.lock, are installed before the code comes in, so that a
# change of the code builds llama.cpp no second time.

ARG PYTHON_IMAGE=python:3.12-slim-bookworm
# On Ubuntu 24.04, for its Python 3.12. The host's driver must know CUDA 12.8 (version 570 or newer).
ARG CUDA_IMAGE=nvidia/cuda:12.8.1

# --- what runs has a user of its own and the folders of its volumes

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home ocrfleet \
    && install --directory --owner=ocrfleet /data /models
WORKDIR /app

FROM ${CUDA_IMAGE}-runtime-ubuntu24.04 AS base-cuda
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 python3 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home ocrfleet \
    && install --directory --owner=ocrfleet /data /models
WORKDIR /app

# --- what builds has a compiler and uv

FROM ${PYTHON_IMAGE} AS build
ARG UV_VERSION=0.13.9
ENV VIRTUAL_ENV=/app/.venv UV_CONSTRAINT=requirements.lock UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc g++ make && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv --without-pip /app/.venv && pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src
COPY pyproject.toml requirements.lock ./
COPY config/llama_cpp.cmake config/

FROM ${CUDA_IMAGE}-devel-ubuntu24.04 AS build-cuda
ARG UV_VERSION=0.13.9
ENV VIRTUAL_ENV=/app/.venv UV_CONSTRAINT=requirements.lock UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 PATH=/opt/uv/bin:$PATH
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc g++ make python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/* && python3 -m venv --without-pip /app/.venv \
    && python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src
COPY pyproject.toml requirements.lock ./
COPY config/llama_cpp.cmake config/

# --- producer

FROM build AS producer-build
RUN uv pip install --requirement pyproject.toml --extra s3 --extra monitor
COPY . .
RUN uv pip install --no-deps .

FROM base AS producer
COPY --from=producer-build /app/.venv /app/.venv
USER 10001
ENTRYPOINT ["ocrfleet"]

# --- worker on the processor

FROM build AS worker-build
# Kernels for each family of processors, of which a worker loads the best that its machine can run (workers/llm/kernels.py).
RUN CMAKE_ARGS="-DCMAKE_PROJECT_INCLUDE=/src/config/llama_cpp.cmake -DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON" \
    uv pip install --requirement pyproject.toml --extra worker --extra s3
COPY . .
RUN uv pip install --no-deps .

FROM base AS worker
COPY --from=worker-build /app/.venv /app/.venv
ENV OCRFLEET_DIRECTORY_MODEL_PATH=/models HF_HOME=/models/.hub
USER 10001
ENTRYPOINT ["ocrfleet-worker"]
CMD ["run", "--gpu", "cpu"]

# --- worker on NVIDIA GPUs

FROM build-cuda AS worker-cuda-build
# T4, A100, A10, L4 and L40, H100; one alone builds faster: --build-arg CUDA_ARCHITECTURES=90
ARG CUDA_ARCHITECTURES="75;80;86;89;90"
# onnxruntime-gpu and CUDA 13's libraries are 2 GB.
# The driver's libcuda comes with the host; while building, the toolkit's stub stands in for it.
RUN LIBRARY_PATH=/usr/local/cuda/lib64/stubs \
    CMAKE_ARGS="-DCMAKE_PROJECT_INCLUDE=/src/config/llama_cpp.cmake -DGGML_NATIVE=OFF -DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES='${CUDA_ARCHITECTURES}'" \
    uv pip install --requirement pyproject.toml --extra worker --extra cuda --extra s3
COPY . .
RUN uv pip install --no-deps .

FROM base-cuda AS worker-cuda
COPY --from=worker-cuda-build /app/.venv /app/.venv
ENV OCRFLEET_DIRECTORY_MODEL_PATH=/models HF_HOME=/models/.hub
USER 10001
ENTRYPOINT ["ocrfleet-worker"]
CMD ["run", "--gpu", "auto"]
