"""OCR's networks on a GPU: one process for each GPU holds them and answers all children of the worker.

As with the model, CUDA must not start in a process that forks, N children must not hold N contexts, and GPU memory is
certain to be free only when its process has ended (docs/adr/0002-one-engine-process-per-gpu.md). The children keep the
rest of the work: restoring pages, cutting lines out, decoding.
"""
