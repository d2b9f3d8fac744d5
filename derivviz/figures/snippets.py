"""A figure put into a text: what to paste into LaTeX, Typst, Quarto and Markdown."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

# pdfLaTeX knows no such signs: as mathematics for the eye, in plain letters for the ear.
_SIGNS = {
    "′": ("$'$", "'"),
    "−": ("$-$", "-"),
    "·": (r"$\cdot$", "*"),
    "×": (r"$\times$", "x"),
    "√": (r"$\surd$", "root "),
    "π": (r"$\pi$", "pi"),
    "∞": (r"$\infty$", "infinity"),
}
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
}


def latex(text: str, spoken: bool = False) -> str:
    """`text` as LaTeX sets it, letter for letter; signs in plain letters where it is `spoken`."""
    plain = "".join(_SIGNS[c][spoken] if c in _SIGNS else _LATEX.get(c, c) for c in text)
    around = (_LATEX["^"], "") if spoken else ("$^{", "}$")
    return re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: m[0].translate(_RAISED).join(around), plain)


def typst(text: str) -> str:
    """`text` as Typst sets it, letter for letter."""
    return re.sub(r"([\\#$*_`<>@\[\]~/'\"=+-])", r"\\\1", text)


def markdown(text: str) -> str:
    """`text` as Markdown shows it, letter for letter."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~^$])", r"\\\1", text)


def snippets(file: Path, title: str, caption: str, alt: str) -> dict[str, str]:
    """What to paste, by the name of the language; the picture lies where `file` says, beside the text.

    Parameters
    ----------
    file
        Name of the figure's file; LaTeX takes PDF and PNG, the others SVG and PNG too. Of a film there is
        nothing for LaTeX and Typst.
    alt
        What a reader is told who does not see the picture.
    """
    kind = file.suffix.lower()
    label, name = re.sub(r"[^A-Za-z0-9]+", "-", file.stem).strip("-"), file.as_posix()
    told = f"{title}. {caption}"
    quarto = f'![**{markdown(title)}.** {markdown(caption)}]({name}){{#fig-{label} fig-alt="{_quoted(alt)}"}}'
    plain = f"![{markdown(alt)}]({name})\n\n*{markdown(told)}*"
    if kind in (".mp4", ".webm"):  # which Markdown knows as HTML only, and paper not at all
        video = f'<video src="{name}" controls loop muted aria-label="{escape(alt)}"></video>'
        return {
            "Quarto": f"::: {{#fig-{label}}}\n{{{{< video {name} >}}}}\n\n**{markdown(title)}.** "
            f"{markdown(caption)}\n:::",
            "Markdown": f"{video}\n\n*{markdown(told)}*",
        }
    if kind in (".gif", ".apng"):
        return {"Quarto": quarto, "Markdown": plain}
    return {
        "LaTeX": "\n".join(
            (
                r"\begin{figure}",
                r"  \centering",
                rf"  \includegraphics[width=\linewidth, alt={{{latex(alt, spoken=True)}}}]{{{name}}}",
                rf"  \caption[{latex(title)}]{{\textbf{{{latex(title)}.}} {latex(caption)}}}",
                rf"  \label{{fig:{label}}}",
                r"\end{figure}",
            )
        ),
        "Typst": "\n".join(
            (
                "#figure(",
                f'  image("{name}", width: 100%, alt: "{_quoted(alt)}"),',
                f"  caption: [*{typst(title)}.* {typst(caption)}],",
                f") <fig-{label}>",
            )
        ),
        "Quarto": quarto,
        "Markdown": plain,
    }


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
