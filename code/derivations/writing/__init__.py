"""Formulas and trees out: LaTeX, plain text, NumPy source, SymPy."""
