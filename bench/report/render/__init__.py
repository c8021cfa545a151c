"""The two renderings of a page, as Markdown and as HTML, and its files on disk."""
