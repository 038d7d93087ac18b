"""A worker as a process on a machine: start and stop, drain, pulse, recycling, what becomes of a child that died."""
