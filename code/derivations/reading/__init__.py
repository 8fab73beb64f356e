"""Text in: LaTeX and NumPy-like text."""
