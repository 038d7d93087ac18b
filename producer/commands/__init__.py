"""The commands of `ocrfleet`, a file for each of their nouns; `submit` stands in producer/cli.py."""
