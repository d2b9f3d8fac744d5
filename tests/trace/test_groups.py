"""What a trace holds beside its series: sampled elements, probes, ranks; and the steps it is cut to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derivviz.errors import UsageError
from derivviz.trace import MissingSeriesError, Trace, open_trace


@pytest.fixture
def trace(whole_trace: Path) -> Trace:
    return open_trace(whole_trace)


def test_all_statistics_of_a_tensor_at_once(trace: Trace) -> None:
    table = trace["grad/fc.weight"]
    assert table.shape == (15,)
    assert table.dtype.names == ("mean", "std", "norm", "rms", "min", "max", "nonfinite")
    for stat in table.dtype.names:
        np.testing.assert_array_equal(table[stat], trace[f"grad/fc.weight/{stat}"])
    assert table["norm"].tolist() == [step + 2.0 for step in trace.steps]
    assert "grad/fc.weight" in trace
    assert "grad/fc.weight" not in trace.keys()  # noqa: SIM118 - a Trace is no dict
    assert trace.tensors() == ["activation/fc", "param/fc.weight", "grad/fc.weight", "update/fc.weight"]
    with pytest.raises(KeyError, match=r"Nearest: .*grad/fc\.weight"):
        trace["grad/fc.wight"]


def test_sampled_elements(trace: Trace) -> None:
    values, positions = trace.sampled("param/fc.weight")
    assert (values.shape, values.dtype) == ((15, 8), np.float32)
    assert positions.tolist() == [0, 10, 20, 30, 40, 50, 60, 70]
    np.testing.assert_allclose(values[:, 0], trace.steps + 0.1, rtol=1e-6)
    few = trace.sampled("activation/fc")
    assert (few.values.shape, few.positions.tolist()) == ((15, 3), [0, 10, 20])
    assert np.isfinite(few.values).all()
    with pytest.raises(MissingSeriesError, match=r"Nearest: param/fc\.weight"):
        trace.sampled("param/fc.wieght")


def test_probe(trace: Trace) -> None:
    probe = trace.probe
    assert probe.steps.tolist() == [10, 20, 30, 39]
    assert probe.input_image.shape == (2, 4, 4, 3)
    assert probe.output[:, 0, 0].tolist() == [-10, -20, -30, -39]
    assert probe.activation["fc"].shape == (4, 2, 3)
    assert probe.units["fc"].tolist() == [0, 1, 2]
    assert probe.shape["fc"] == (3,)
    assert probe.map["conv"].shape == (4, 2, 1, 2, 2)
    with pytest.raises(MissingSeriesError, match="Nearest: fc"):
        probe.activation["fcc"]


def test_ranks(trace: Trace, whole_trace: Path) -> None:
    assert trace.ranks == (0, 1, 2)
    assert trace.rank(0) is trace
    assert trace.rank(1)["loss"][0] == 2 / 10
    assert trace[20:30].rank(2).steps.tolist() == [20, 22, 24, 26, 28]
    with pytest.raises(MissingSeriesError, match=r"no rank 3; it has 0, 1, 2\. .*derivviz\.record"):
        trace.rank(3)


def test_what_a_trace_lacks_is_told_with_the_remedy(whole_trace: Path) -> None:
    bare = open_trace(whole_trace / "rank1")
    with pytest.raises(MissingSeriesError, match=r"has no probe: .*probe=x0"):
        _ = bare.probe
    with pytest.raises(MissingSeriesError, match="record the run again"):
        bare.sampled("param/fc.weight")
    with pytest.raises(MissingSeriesError, match="has no snapshots"):
        bare.snapshot(10)
    with pytest.raises(MissingSeriesError, match=r"recorder\.evaluation"):
        _ = bare.evaluation
    assert bare.ranks == (0,)


def test_cut_by_step_number(trace: Trace) -> None:
    cut = trace[20:30]
    assert cut.steps.tolist() == [20, 22, 24, 26, 28]
    np.testing.assert_array_equal(cut["loss"], 1 / cut.steps)
    assert cut["grad/fc.weight"]["norm"].tolist() == [22.0, 24.0, 26.0, 28.0, 30.0]
    assert cut["lr/fc.weight"].shape == (5,)
    assert cut.columns("*")["update/fc.weight/max"].tolist() == cut.steps.tolist()
    assert cut.sampled("param/fc.weight").values.shape == (5, 8)
    assert cut.snapshot_steps.tolist() == [20]
    assert (cut.snapshot(20).activation["fc"] == 20).all()
    with pytest.raises(MissingSeriesError, match=r"Step 30 has no snapshot.*: 20\."):
        cut.snapshot(30)
    assert cut.probe.steps.tolist() == [20]
    assert (cut.probe.output == -20).all()
    assert trace[:20].evaluation.epochs.tolist() == [1]
    assert trace[20:].evaluation.steps is not None
    assert trace[20:].evaluation.steps.tolist() == [39]
    assert repr(cut).endswith("whole.zarr[20:30]: 5 steps, 1 snapshots>")
    assert trace.steps.shape == (15,), "the trace itself is as it was"


@pytest.mark.parametrize(
    ("cut", "steps"),
    [
        (slice(None), range(10, 40, 2)),
        (slice(11, 15), [12, 14]),
        (slice(38, None), [38]),
        (slice(None, 12), [10]),
        (slice(50, 60), []),
        (slice(30, 20), []),
        (slice(0, np.int64(11)), [10]),
    ],
)
def test_bounds_need_not_be_recorded_steps(trace: Trace, cut: slice, steps: list[int]) -> None:
    assert trace[cut].steps.tolist() == list(steps)
    assert trace[cut]["loss"].shape == (len(steps),)
    assert trace[cut]["param/fc.weight"].shape == (len(steps),)


def test_a_cut_of_a_cut(trace: Trace) -> None:
    assert trace[12:30][:20].steps.tolist() == [12, 14, 16, 18]
    assert trace[12:30][0:100].steps.tolist() == trace[12:30].steps.tolist()


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        (slice(-10, None), r"trace\[trace\.steps\[-10\]:\]"),
        (slice(None, None, 2), r"trace\[100:500\]"),
        (slice(0.5, None), "by step numbers"),
    ],
)
def test_what_is_no_cut(trace: Trace, cut: slice, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        trace[cut]
    assert trace[trace.steps[-3] :].steps.tolist() == [34, 36, 38]


def test_evaluations_of_an_old_trace_are_not_cut(tiny_trace: Path, tmp_path: Path) -> None:
    import json
    import shutil

    old = shutil.copytree(tiny_trace, tmp_path / "old.zarr")
    root = json.loads((old / "zarr.json").read_bytes())
    root["consolidated_metadata"]["metadata"].pop("evaluation/step", None)
    (old / "zarr.json").write_text(json.dumps(root))
    assert open_trace(old).evaluation.steps is None
    with pytest.raises(MissingSeriesError, match="read them from the whole trace"):
        _ = open_trace(old)[:4].evaluation


def test_only_what_is_asked_for_is_read(whole_trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from derivviz.trace.store import Store

    read: list[str] = []
    real = Store.read
    monkeypatch.setattr(
        Store, "read", lambda self, name, index=(): (read.append(name), real(self, name, index))[1]
    )
    trace = open_trace(whole_trace)
    assert read == []
    _ = trace["loss"]
    assert set(read) == {"step/step", "step/loss", "step/param", "step/kind", "step/name"}
    read.clear()
    _ = trace.snapshot(20).activation
    assert read == ["snapshot/step"]
