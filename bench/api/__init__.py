"""The project from Python: what `from bench import ...` gives. docs/python.md shows these names.

What is asked is composed here, by Hydra, so that a wrong option is a UserError at once. Cells are run by the commands
`python -m bench` and `python -m bench -m`, in processes of their own: the caller's program may be a notebook, have a
Hydra or an event loop of its own, have loaded torch, or be a script that workers must not run again.
"""
