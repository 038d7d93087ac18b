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
if(GGML_BACKEND_DL) # kernels that are loaded at run time lie beside llama.cpp's own libraries
  set(CMAKE_INSTALL_BINDIR llama_cpp/lib)
  set(CMAKE_INSTALL_LIBDIR llama_cpp/lib)
  set(CMAKE_INSTALL_INCLUDEDIR llama_cpp/include)
endif()
set(LLAMA_BUILD_TESTS OFF)
set(LLAMA_BUILD_EXAMPLES OFF)
set(LLAMA_BUILD_APP OFF)
set(LLAMA_ALL_WARNINGS OFF)
set(GGML_ALL_WARNINGS OFF)

# GCC's intrinsics don't say what AMX's instructions read: of the 64 bytes of ldtilecfg eight (its bug 114098, mended in
# 14), of a tile's none. So 12.2 left out half of ggml's tile configuration, and the first batch of two rows ended the
# process with SIGSEGV. This header is found before GCC's own, and says it.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(amx_header_dir ${CMAKE_BINARY_DIR}/ocrfleet)
  file(CONFIGURE OUTPUT ${amx_header_dir}/amxtileintrin.h @ONLY CONTENT [[
#include_next <amxtileintrin.h>
#pragma once
struct ocrfleet_tile_config { char bytes[64]; };
#define _tile_loadconfig(config) \
  __asm__ volatile("ldtilecfg\t%X0" ::"m"(*(const struct ocrfleet_tile_config *)(config)))
#undef _tile_loadd
#define _tile_loadd(tile, base, stride) \
  do { __asm__ volatile("" ::: "memory"); _tile_loadd_internal(tile, base, stride); } while (0)
]])
  include_directories(BEFORE $<$<COMPILE_LANGUAGE:CXX>:${amx_header_dir}>)
endif()
