"""The kinds of layers: one file a kind, found by `maps.layer.find_layers`."""
