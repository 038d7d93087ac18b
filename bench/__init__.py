"""Measurements, each one command with --json."""
