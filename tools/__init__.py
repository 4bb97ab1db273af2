"""Programs for those who work on albert-lab; ``make`` calls them."""
