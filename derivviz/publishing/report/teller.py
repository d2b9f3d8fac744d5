"""A run, and the language that it is told in."""

from __future__ import annotations

from dataclasses import dataclass

from derivviz.errors import DerivvizError
from derivviz.figures import figure, in_words
from derivviz.publishing.report import words
from derivviz.publishing.report.blocks import Formula, Heading, Paragraph, Picture
from derivviz.trace import Trace


@dataclass(frozen=True)
class Teller:
    """A run, and the language that it is told in."""

    trace: Trace
    language: str

    def say(self, *, en: str, ko: str) -> str:
        return ko if self.language == "ko" else en

    def paragraph(self, *, en: str, ko: str) -> Paragraph:
        return Paragraph(self.say(en=en, ko=ko))

    def heading(self, *, en: str, ko: str) -> Heading:
        return Heading(self.say(en=en, ko=ko))

    def formula(self, markup: str, *, en: str, ko: str) -> Formula:
        """A formula, and how it is read aloud."""
        return Formula(markup, self.say(en=en, ko=ko))

    def setting(self, key: str) -> str | None:
        """The value of one of `words.SETTINGS` as it is read; None where the trace tells none."""
        value = self.trace.attrs.get(key)
        if value in (None, "", {}):
            return None
        if key == "data":
            return words.data_told(str(value), self.language)
        if key == "optimizer" and value in words.OPTIMIZERS:
            en, ko = words.OPTIMIZERS[str(value)]
            return self.say(en=en, ko=ko)
        return listed(value)

    @property
    def classes(self) -> list[str]:
        """The classes as they are called."""
        return [words.class_name(name, self.language) for name in self.trace.attrs.get("classes") or ()]

    @property
    def uses_derivative(self) -> bool:
        """Whether f′ is an activation of the network, or moves its learning rate."""
        return any(m.get("type") == "DerivativeActivation" for m in self.trace.modules) or any(
            (self.trace[key] != 1).any() for key in self.trace if key.startswith("lr_factor/")
        )

    def picture(self, name: str) -> Picture | None:
        """A figure of the run, if the trace has what it draws."""
        try:
            return Picture(name, figure(name, self.trace, language=self.language))
        except DerivvizError:
            return None


def listed(value: object) -> str:
    """A value as a sentence has it; of a table, each under its name."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {listed(one)}" for name, one in value.items())
    return in_words(value) if isinstance(value, float) else "" if value is None else str(value)
