"""Observers that are chosen by name: `observers=[name]` is the module of that name in this folder.

Such a module has a function `observer(settings)` that gives a `bench.running.observers.Observer`. It is imported, and
called, in the command's own process and in each worker, so it imports what is heavy, and connects to what is far away,
once its observer is told something for the first time.
"""
