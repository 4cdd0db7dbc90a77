"""A polyhedral autotuner for MLIR."""
