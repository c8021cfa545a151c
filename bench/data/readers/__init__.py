"""One module for each shape that labelled texts come in; each gives `Part`s."""
