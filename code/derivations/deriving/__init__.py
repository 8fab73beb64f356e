"""`derive`: linearise, transpose, tidy; the steps and their laws."""

from derivations.deriving.results import Derivation, Derivative, Step

__all__ = ["Derivation", "Derivative", "Step"]
