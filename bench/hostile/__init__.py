"""Hundreds of bad documents, made from a seed: `python -m bench.hostile --json` sends them through real workers."""
