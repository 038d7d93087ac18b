"""Submits documents, watches batches, fetches results. Light to install: no OCR, no LLM."""
