"""Operators of neural networks, as importers give them to MLIR, beside PyTorch."""
