"""What is known before a study: sourced parameters, presets, architectures, and equations ordered into a model."""

from sunfront.library.architectures import Architecture, Setting
from sunfront.library.library import Library
from sunfront.library.model import Model
from sunfront.library.parameters import Parameter
from sunfront.library.presets import Preset

__all__ = ["Architecture", "Library", "Model", "Parameter", "Preset", "Setting"]
