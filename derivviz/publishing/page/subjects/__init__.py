"""The subjects of pages: one each, in three files: what it shows, its HTML, its script."""
