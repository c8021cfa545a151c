"""Which model, fine-tuned how, on how many labelled texts, and is it worth it over TF-IDF?"""

__version__ = "0.1.0"
