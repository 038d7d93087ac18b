"""The CPU's special instructions change a model's speed, not what it says."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from samples.stack import packaged_model
from tests.hub_server import tiny_gguf
from workers.llm import kernels
from workers.llm.kernels import load_kernels, loses_by_amx
from workers.llm.native import Context, Logits, Model
from workers.llm.row import Row

#: More than one tile of AMX holds, and no multiple of it.
ROWS = 37
#: Of the logits' own spread. Roundings differ by 0.09, and either's by 0.1 from arithmetic with 32 bits.
ROUNDING = 0.25


def logits(*, cpu_extras: bool) -> Logits:
    model = Model(packaged_model(), gpu_layers=0, cpu_extras=cpu_extras, context_size=256)
    context = Context(model, cells=256, sequences=1, rows=ROWS, outputs=ROWS, threads=1, gpu=False)
    return context.decode([Row(1000 + 7 * place, place, 0, True) for place in range(ROWS)]).copy()


def test_a_model_says_the_same_with_the_cpus_special_instructions_as_without() -> None:
    plain, special = logits(cpu_extras=False), logits(cpu_extras=True)
    differences = np.sqrt(np.square(plain - special).mean(axis=1)) / plain.std(axis=1)
    assert differences.mean() < ROUNDING


@pytest.mark.parametrize(("file_type", "loses"), [(1, True), (18, True), (7, False), (3, False)])
def test_models_that_amx_makes_slower_do_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_type: int, loses: bool
) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(tiny_gguf(general__file_type=file_type))
    monkeypatch.setattr(kernels, "has_amx_kernels", lambda: True)
    assert loses_by_amx(model) == loses
    monkeypatch.setattr(kernels, "has_amx_kernels", lambda: False)
    assert not loses_by_amx(model)


LLAMA = """
#include <stdio.h>
void ggml_backend_load_all_from_path(const char *folder) {
    FILE *told = fopen(TOLD, "a");
    fprintf(told, "%s\\n", folder);
    fclose(told);
}
"""


@pytest.mark.parametrize("many", [True, False])
def test_the_kernels_of_an_image_are_loaded_once_and_one_machines_own_are_there(tmp_path: Path, many: bool) -> None:
    told = tmp_path / "told"
    command = ["gcc", "-shared", "-fPIC", "-x", "c", f'-DTOLD="{told}"', "-o", str(tmp_path / "libllama.so"), "-"]
    subprocess.run(command, input=LLAMA, text=True, check=True)
    if many:
        (tmp_path / "libggml-cpu-haswell.so").touch()
    load_kernels(tmp_path)
    load_kernels(tmp_path)
    assert (told.read_text() if told.exists() else "") == (f"{tmp_path}\n" if many else "")
