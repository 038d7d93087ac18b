"""Aspose.OCR: `engine.py` is what a worker opens, `process.py` what it starts; the others serve these two."""
