"""`bench convert`: a kept model in another form: `forms.py` says what goes, `parity.py` that it gives the same."""
