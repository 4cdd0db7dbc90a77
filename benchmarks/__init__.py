"""Benchmarks: definitions, a runner and its reports."""
