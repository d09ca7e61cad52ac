"""Numbers of the model as data: parameters, presets, architectures, and the table of units."""
