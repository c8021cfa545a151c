"""The tables of the page, and the sentences that go with them."""
