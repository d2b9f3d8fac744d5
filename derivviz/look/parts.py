"""Labelled parts of markup, ``{{ body : label }}``: each is set in a colour of its own, read back as its label."""

from __future__ import annotations

from derivviz.errors import DerivvizError


class TypesetError(DerivvizError):
    """Typst could not set some markup; the message holds Typst's own."""


def colour_parts(markup: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Rewrite every ``{{ body : label }}`` as a coloured part; colours and the labels they stand for."""
    labels: dict[str, tuple[str, ...]] = {}

    def rewrite(text: str, outer: tuple[str, ...], in_math: bool) -> str:
        done, i = [], 0
        while i < len(text):
            if text[i] == "$" and text[i - 1 : i] != "\\":
                in_math = not in_math
            if text.startswith("{{", i):
                end = _closing(text, i)
                body, colon, label = text[i + 2 : end].rpartition(":")
                if not colon or not label.strip().replace("-", "_").isidentifier():
                    raise TypesetError(
                        f"a labelled part reads {{{{ body : label }}}}, not {text[i : end + 2]!r}"
                    )
                colour = f"#{len(labels) + 1:06x}"
                labels[colour] = (label.strip(), *outer)
                inner = rewrite(body.strip(), labels[colour], in_math)
                done.append(
                    f'part("{colour}", {_escape_commas(inner)})' if in_math else f'#part("{colour}")[{inner}]'
                )
                i = end + 2
            else:
                done.append(text[i])
                i += 1
        return "".join(done)

    return rewrite(markup, (), False), labels


def _closing(text: str, start: int) -> int:
    depth, i = 0, start
    while i < len(text) - 1:
        if text.startswith("{{", i):
            depth, i = depth + 1, i + 2
        elif text.startswith("}}", i):
            depth -= 1
            if depth == 0:
                return i
            i += 2
        else:
            i += 1
    raise TypesetError(f"{{{{ is never closed in {text!r}")


def _escape_commas(body: str) -> str:
    """A comma at the top of a part is a sign, not the end of an argument."""
    done, depth, in_string = [], 0, False
    for i, sign in enumerate(body):
        if sign == '"' and body[i - 1 : i] != "\\":
            in_string = not in_string
        depth += (sign in "([{") - (sign in ")]}") if not in_string else 0
        bare = depth == 0 and not in_string and sign in ",;" and body[i - 1 : i] != "\\"
        done.append("\\" + sign if bare else sign)
    return "".join(done)
