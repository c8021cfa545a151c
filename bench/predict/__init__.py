"""Using a kept model: `python -m bench.predict CELL_FOLDER "text" ...`."""
