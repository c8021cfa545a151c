"""How text from data, names and messages is written so that it is read as text and as nothing else.

A module a target: Markdown, LaTeX, spreadsheets, the terminal, the shell, XML, source code, file names. Nothing
here imports anything heavy.
"""
