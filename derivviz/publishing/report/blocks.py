"""What a report is made of, before it is a page of any kind."""

from __future__ import annotations

from dataclasses import dataclass

from derivviz.figures import Drawing


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list, an entry a line."""

    entries: tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """A formula on a line of its own: Typst's markup, and how it is read aloud."""

    markup: str
    spoken: str


@dataclass(frozen=True)
class Picture:
    """A figure, under the name of its files."""

    name: str
    drawing: Drawing


@dataclass(frozen=True)
class Table:
    """Rows under a head; the columns `right` hold numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What is to be typed, or a program said."""

    text: str


Block = Heading | Paragraph | Items | Formula | Picture | Table | Listing


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes
    ----------
    title, author
        The author may be empty.
    language
        ``en`` or ``ko``.
    blocks
        In their order.
    """

    title: str
    author: str
    language: str
    blocks: tuple[Block, ...]
