"""What a page is made of, without a figure: sections, tables and the words and numbers in them."""
