"""Frames of scenes that no one here wrote, drawn by manim and by derivviz, compared bit by bit.

The scenes are examples of manim's documentation, read from the installed package; their list is that of
tests/rendering/test_exact.py. Each is drawn by manim's own renderer with manim's own code, and by ours, where
every second chunk is jumped to, as a worker does. What is compared is every pixel of every frame.

    python benchmarks/exactness.py              854×480, 15 frames a second, as in docs/rendering.md
    python benchmarks/exactness.py --quality h
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "rendering"))


def main() -> int:
    """Print one Markdown table; returns 1 when any frame differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quality", default="l", choices=list("lmhpk"))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # manim's use of Pillow
    import manim
    from stock import documented, our_frames, stock_frames
    from test_exact import DOCUMENTED

    from derivviz.rendering.quality import QUALITIES

    quality = QUALITIES[asked.quality]
    print(f"manim {manim.__version__}, {quality}\n", flush=True)
    print("| example in manim's documentation | frames | the same | SHA-256 of all frames |")
    print("| --- | --- | --- | --- |", flush=True)
    count = differing = 0
    for module, name in DOCUMENTED:
        scene = documented(module, name)
        theirs, ours = stock_frames(scene, quality), our_frames(scene, quality, jumping=True)
        same = sum(a == b for a, b in zip(theirs, ours, strict=False))
        total = max(len(theirs), len(ours))
        count, differing = count + total, differing + total - same
        whole = hashlib.sha256("".join(ours).encode()).hexdigest()[:16]
        print(f"| `{module}.{name}` | {total} | {same} | `{whole}` |", flush=True)
    print(f"\n{count} frames, {differing} of them different")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
