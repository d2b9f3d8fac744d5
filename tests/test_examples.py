"""The examples, run as people run them but for a moment: they learn, and leave a trace that reads."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz import cli

pytest.importorskip("sklearn")

FOLDER = Path(__file__).parent.parent / "examples"
# What is run, in how many epochs, a parameter and an activation that its trace must have, the accuracy to pass.
RUNS = {
    "mlp": ("digits_mlp.py", 3, "1.weight", "2", 0.8),
    "rnn": ("digits_recurrent.py --cell rnn", 3, "cell.recurrent.weight", "cell.activation", 0.4),
    "lstm": ("digits_recurrent.py --cell lstm", 3, "cell.recurrent.weight", "cell.candidate", 0.4),
    "gru": ("digits_recurrent.py --cell gru", 3, "cell.recurrent.weight", "cell.candidate", 0.5),
    "transformer": (
        "digits_transformer.py",
        2,
        "layers.0.self_attn.in_proj_weight",
        "layers.0.activation",
        0.4,
    ),
    "own loop": ("own_loop.py", 2, "conv.weight", "act1", 0.5),
}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, torch: Any) -> Any:
    """Imports an example as `python examples/…` would, and forgets it again."""
    monkeypatch.syspath_prepend(str(FOLDER))
    state = torch.get_rng_state()

    def load(name: str) -> Any:
        for module in ("digits", name):
            monkeypatch.delitem(sys.modules, module, raising=False)
        return __import__(name)

    yield load
    torch.set_rng_state(state)


@pytest.mark.parametrize("name", RUNS)
def test_it_learns_and_leaves_a_trace(
    name: str, example: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, epochs, parameter, activation, least = RUNS[name]
    script, *options = line.split()
    path = tmp_path / "run.zarr"
    arguments = [*options, "-o", str(path), "--epochs", str(epochs)]
    example(script.removesuffix(".py")).main(arguments, standalone_mode=False)
    told = capsys.readouterr().out
    accuracies = [float(found) for found in re.findall(r"accuracy (\d\.\d+)", told)]
    assert len(accuracies) == (1 if name == "own loop" else 2)  # f′, and the usual activation
    assert accuracies[0] > least  # 0.1 is chance

    trace = derivviz.open_trace(path)
    assert len(trace.steps) == epochs * 9  # 45 batches an epoch, each fifth recorded
    assert trace["loss"][-3:].mean() < trace["loss"][:3].mean()
    for kind in ("activation", "activation_grad"):
        assert np.isfinite(trace[f"{kind}/{activation}/std"]).all()
    assert np.isfinite(trace[f"grad/{parameter}/norm"]).all()
    assert ((trace[f"lr_factor/{parameter}"] > 1) & (trace[f"lr_factor/{parameter}"] < 2.2)).all()
    # What it says to type next can be typed.
    typed = re.findall(r"derivviz (inspect|figure) ", told)
    assert typed == ["inspect", "figure"]
    cli.cli.main(["inspect", str(path)], standalone_mode=False)
    said = capsys.readouterr().out
    assert "Nothing looks wrong" in said
    with pytest.raises(Exception, match="already"):
        example(script.removesuffix(".py")).main(arguments, standalone_mode=False)


def test_each_time_step_is_a_call_of_its_own_and_the_trace_stays_small(example: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.zarr"
    example("digits_recurrent").main(["-o", str(path), "--epochs", "1"], standalone_mode=False)
    trace = derivviz.open_trace(path)
    calls = [f"cell.activation{call}" for call in ("", "#2", "#3", "#4")]
    means = [trace[f"activation/{call}/mean"] for call in calls]
    assert all(np.isfinite(mean).all() for mean in means)
    assert not np.allclose(means[0], means[3])
    assert "activation/cell.activation#5/mean" not in trace  # of eight time steps, the first four
    assert sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) < 5e6


def test_recording_changes_no_weight(example: Any, tmp_path: Path, torch: Any) -> None:
    from derivviz.learning import DerivativeActivation, DerivativeFactor

    recurrent, shared = example("digits_recurrent"), sys.modules["digits"]

    def trained(record: bool) -> str:
        data = shared.digits(0)
        torch.manual_seed(0)
        model = recurrent.Reader(recurrent.LSTM(DerivativeActivation))
        optimizer = DerivativeFactor(torch.optim.Adam(model.parameters(), lr=1e-3))
        if record:
            with derivviz.record(model, optimizer, tmp_path / "run.zarr") as recorder:
                shared.train(model, optimizer, data, 1, lambda done, total: None, recorder)
        else:
            shared.train(model, optimizer, data, 1, lambda done, total: None)
        return hashlib.sha256(b"".join(v.numpy().tobytes() for v in model.state_dict().values())).hexdigest()

    assert trained(True) == trained(False)


@pytest.mark.slow
def test_it_is_run_as_its_docstring_says(tmp_path: Path) -> None:
    for file in sorted(set(FOLDER.glob("*.py")) - {FOLDER / "digits.py"}):
        source = file.read_text(encoding="utf-8")
        line = re.search(r"^python (examples/.*)$", source, re.M)
        assert line is not None, file
        words = [sys.executable, *line[1].split(), "--epochs", "1", "-o", str(tmp_path / f"{file.stem}.zarr")]
        done = subprocess.run(words, cwd=FOLDER.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Next: derivviz inspect" in done.stdout
