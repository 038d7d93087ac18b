# What of llama.cpp is built for llama-cpp-python: the library alone, not its tools, server, common
# helpers or vision. Included into its CMake projects by the Makefile (CMAKE_PROJECT_INCLUDE), since
# the package forces LLAMA_BUILD_COMMON on in the cache and only a plain variable beats that.
# Measured on 2 cores: 1 min 40 s instead of 11 min 42 s.
if(NOT OCRFLEET_BENCH_SERVER) # bench/llama_server.sh builds the server, by the same flags
  set(LLAVA_BUILD OFF)
  set(LLAMA_BUILD_COMMON OFF)
  set(LLAMA_BUILD_TOOLS OFF)
  set(LLAMA_BUILD_SERVER OFF)
endif()
set(LLAMA_BUILD_TESTS OFF)
set(LLAMA_BUILD_EXAMPLES OFF)
set(LLAMA_BUILD_APP OFF)
set(LLAMA_ALL_WARNINGS OFF)
set(GGML_ALL_WARNINGS OFF)

# A virtual machine may report AMX and not let it be used: ldtilecfg then ends the process at the first
# batch of two rows (seen on a Firecracker VM, Sapphire Rapids). AMX helps CPU prefill alone, so do without.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-mno-amx-tile OCRFLEET_KNOWS_AMX)
if(OCRFLEET_KNOWS_AMX)
  add_compile_options(-mno-amx-tile -mno-amx-int8 -mno-amx-bf16)
endif()
