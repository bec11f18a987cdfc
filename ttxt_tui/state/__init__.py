"""What the panes show: plain models that events update. Nothing here draws, waits or reads a clock.

Each model has a `version` that changes with its contents, and gives the rows of its pane as small tuples that hold all
that a row shows, texts already written. Equal rows look equal: a pane repaints those that differ from the last ones.
"""
