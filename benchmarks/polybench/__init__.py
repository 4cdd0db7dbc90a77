"""The PolyBench kernels."""
