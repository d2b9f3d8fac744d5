"""The recommender's parts for any training loop: activation, learning-rate factor, network, pictures."""

from derivviz.learning.activation import DerivativeActivation
from derivviz.learning.calibration import calibrate
from derivviz.learning.factor import DerivativeFactor, step_factor
from derivviz.learning.network import FoodCNN

__all__ = ["DerivativeActivation", "DerivativeFactor", "FoodCNN", "calibrate", "step_factor"]
