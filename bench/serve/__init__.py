"""`bench serve`: a kept model behind HTTP: `batching.py` gathers requests, `app.py` answers them."""
