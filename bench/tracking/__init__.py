"""Trackers: TensorBoard, MLflow, W&B and Trackio are told of every cell (`tracker=mlflow`).

A tracker is an observer (`bench/observers/`) whose work is done elsewhere: `tracker.py` makes plain messages of what
it is told (`content.py`, `messages.py`), `channel.py` hands them to a process of the tracker's own, and there
`child.py` has a backend do what the library asks for (`backends/`). So a library that is slow, hangs, or ends its
process costs a cell the time of putting a message into a queue, and nothing else.
"""
