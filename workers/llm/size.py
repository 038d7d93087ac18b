"""How large an engine is made: by the GPU memory that is free, and smaller when that was not enough."""

from dataclasses import dataclass, replace

from workers.llm.plan import CacheType, KeeperPlan, cache_cells, lanes
from workers.machine import gpu

#: Pages in flight that are given up for layers on the GPU; below, layers are given up first.
FEW_SLOTS = 4
#: Buffers of each lane but the first, which gpu.RESERVE_MIB has room for: beyond weights and cache, four lanes of
#: Qwen2.5-3B's shape took 1,870 MiB, one 1,390 (H100).
LANE_MIB = 256
#: Bytes that a number of the KV cache takes: 8 bits come with a scale of 16 for each 32.
CACHE_BYTES: dict[CacheType, float] = {"f16": 2.0, "q8_0": 34 / 32}


@dataclass(frozen=True, slots=True)
class EngineSize:
    """Layers on the GPU, and pages in flight at once."""

    gpu_layers: int
    slots: int

    def smaller(self) -> "EngineSize | None":
        """What to try after a lack of memory; None: this was the least."""
        if self.slots > FEW_SLOTS:
            return replace(self, slots=FEW_SLOTS)
        if self.gpu_layers:
            return replace(self, gpu_layers=self.gpu_layers // 2)
        return replace(self, slots=1) if self.slots > 1 else None


def size_that_fits(plan: KeeperPlan) -> EngineSize:
    """Choose by the memory that NVML reports as free: all layers with as many pages in flight as then fit, if any."""
    if plan.gpu_uuid is None:
        return EngineSize(0, plan.slots)
    if plan.gpu_layers != "auto":
        return EngineSize(plan.gpu_layers, plan.slots)
    shape, free_mib = gpu.model_shape(plan.model_path), gpu.free_mib(plan.gpu_uuid)
    slots = plan.slots
    while (layers := _layers(plan, shape, free_mib, slots)) <= shape.blocks and slots > FEW_SLOTS:
        slots //= 2
    return EngineSize(layers, slots)


def _layers(plan: KeeperPlan, shape: gpu.ModelShape, free_mib: int, slots: int) -> int:
    return gpu.layers_within(shape, free_mib - LANE_MIB * (lanes(slots) - 1), _cells(plan, slots))


def _cells(plan: KeeperPlan, slots: int) -> int:
    """Cells of 16 bits that a cache for so many pages is as large as."""
    return int(cache_cells(plan.context_size, slots) * CACHE_BYTES[plan.cache_type] / CACHE_BYTES["f16"])
