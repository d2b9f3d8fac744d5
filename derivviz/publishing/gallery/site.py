"""The pages of the gallery: plain HTML with a search box, one page a language."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from derivviz.look.theme import PAPER
from derivviz.publishing.gallery.plan import Topic

NAMES = {"en": "index.html", "ko": "index.ko.html"}
_WORDS = {
    "en": {
        "title": "derivviz: the derivative, seen at work",
        "intro": "Lessons told from real training runs. Each film and figure says which command made it.",
        "search": "Search",
        "other": "한국어",
        "found": "topics",
        "film": "Film",
        "figure": "Figure",
        "page": "Try it yourself: the interactive page",
        "commands": "Commands",
        "subtitles": "English",
    },
    "ko": {
        "title": "derivviz: 일하는 미분을 보다",
        "intro": "실제 학습 기록으로 가르치는 수업. 영상과 그림마다 그것을 만든 명령이 적혀 있다.",
        "search": "찾기",
        "other": "English",
        "found": "개 주제",
        "film": "영상",
        "figure": "그림",
        "page": "직접 움직여 보기: 대화형 페이지",
        "commands": "명령",
        "subtitles": "한국어",
    },
}
_STYLE = f"""
:root {{ color-scheme: light; }}
body {{ margin: 0 auto; max-width: 76rem; padding: 1.5rem; line-height: 1.55; word-break: keep-all;
  color: {PAPER.ink}; background: {PAPER.background}; font-family: Pretendard, system-ui, sans-serif; }}
h1 {{ line-height: 1.2; margin: 0.4rem 0; }} h2 {{ margin: 0 0 0.3rem; font-size: 1.2rem; }}
a {{ color: {PAPER.function}; }}
header p {{ max-width: 44rem; }}
label {{ font-weight: 600; }}
input {{ font: inherit; padding: 0.4rem 0.6rem; width: min(24rem, 100%); border: 1px solid {PAPER.axis}; }}
main {{ display: grid; gap: 1.6rem; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); }}
article {{ background: {PAPER.panel}; padding: 1rem; border-radius: 0.5rem; min-width: 0; }}
article[hidden] {{ display: none; }}
video, img {{ width: 100%; height: auto; display: block; margin: 0.6rem 0; background: {PAPER.background}; }}
video {{ aspect-ratio: 16 / 9; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; margin: 0.4rem 0; }}
"""
# Words of both languages find a topic; each word typed has to be there.
_SCRIPT = """
const box = document.getElementById("search"), count = document.getElementById("count");
const topics = [...document.querySelectorAll("article")];
function filter() {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const topic of topics) {
    topic.hidden = !words.every(word => topic.dataset.words.includes(word));
    shown += !topic.hidden;
  }
  count.textContent = shown + " / " + topics.length + " " + count.dataset.what;
}
box.addEventListener("input", filter);
filter();
"""


def source(topics: Sequence[Topic], folder: Path, language: str) -> str:
    """One page of the gallery.

    Parameters
    ----------
    topics
        What it shows; their files lie in `folder`.
    folder
        Where the page will lie.
    language
        ``"en"`` or ``"ko"``.
    """
    words, other = _WORDS[language], "ko" if language == "en" else "en"
    articles = "\n".join(_article(topic, folder, language) for topic in topics)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{words['title']}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n"
        f'<a href="{NAMES[other]}" lang="{other}" hreflang="{other}">{words["other"]}</a>\n'
        f"<h1>{words['title']}</h1>\n<p>{words['intro']}</p>\n"
        f'<p role="search"><label for="search">{words["search"]}</label> '
        f'<input id="search" type="search"> <span id="count" role="status" data-what="{words["found"]}"></span></p>\n'
        f"</header>\n<main>\n{articles}\n</main>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _article(topic: Topic, folder: Path, language: str) -> str:
    words = _WORDS[language]
    searched = " ".join((topic.name, *topic.title.values(), *topic.summary.values())).lower()
    parts = [f"<h2>{escape(topic.title[language])}</h2>", f"<p>{escape(topic.summary[language])}</p>"]
    if topic.films:
        parts.append(_film(topic, folder, language))
    if topic.figures:
        file, alt = escape(topic.figures[language].made.name), f"{words['figure']}: {topic.drawn[language]}"
        parts.append(f'<a href="{file}"><img src="{file}" loading="lazy" alt="{escape(alt)}"></a>')
    if topic.pages:
        parts.append(f'<p><a href="{escape(topic.pages[language].made.name)}">{words["page"]}</a></p>')
    shown = [topic.recording, *(made.get(language) for made in (topic.films, topic.figures, topic.pages))]
    typed = "\n".join(escape(job.typed) for job in shown if job)
    parts.append(f"<details><summary>{words['commands']}</summary><pre>{typed}</pre></details>")
    return (
        f'<article id="{topic.name}" data-words="{escape(searched)}">\n' + "\n".join(parts) + "\n</article>"
    )


def _film(topic: Topic, folder: Path, language: str) -> str:
    """A film with its poster and its subtitles, which are held in the page: browsers load none from a disk."""
    words, film = _WORDS[language], topic.films[language].made
    cues = base64.b64encode((folder / f"{film.stem}.{language}.vtt").read_bytes()).decode()
    label = f"{words['film']}: {topic.title[language]}"
    return (
        f'<video controls preload="none" poster="{escape(film.stem)}.poster.png" aria-label="{escape(label)}" '
        f'src="{escape(film.name)}"><track kind="captions" default srclang="{language}" '
        f'label="{words["subtitles"]}" src="data:text/vtt;base64,{cues}"></video>'
    )
