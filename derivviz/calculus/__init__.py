"""The mathematics alone: NumPy and SymPy, nothing that trains or draws."""
