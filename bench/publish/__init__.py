"""`bench publish`: a kept model as a repository of the hub.

model.py finds it, card.py makes its card, files.py says what is sent, findings.py what had better not be, by what
scan.py finds in a file, and upload.py sends it.
"""
