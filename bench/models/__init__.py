"""Transformers: their families (torch-free) and how they are loaded."""
