"""The recommender's parts for any training loop: activation, learning-rate factor, network, pictures."""

from derivviz.learning.activation import DerivativeActivation
from derivviz.learning.calibration import calibrate
from derivviz.learning.factor import DerivativeFactor, step_factor
from derivviz.learning.network import FoodCNN
from derivviz.learning.recommender import Recommender

__all__ = ["DerivativeActivation", "DerivativeFactor", "FoodCNN", "Recommender", "calibrate", "step_factor"]
