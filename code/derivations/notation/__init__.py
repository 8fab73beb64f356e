"""Text in and out: NumPy-like text, LaTeX, plain text, NumPy source, SymPy."""
