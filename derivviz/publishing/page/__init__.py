"""Interactive pages: one HTML file each, which computes in the reader's browser and needs no network."""

from derivviz.publishing.page.make import path_of, summaries, write

__all__ = ["path_of", "summaries", "write"]
