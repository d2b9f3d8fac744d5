"""Event files of TensorBoard become traces: held against TensorBoard's own accumulator."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

import derivviz
from derivviz.cli.import_command import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.integrations.events import BINS, from_buckets, from_proto
from derivviz.integrations.tags import kind_and_name
from derivviz.integrations.tensorboard import import_events
from derivviz.trace import TraceError


def write(folder, *events):
    """Write events (step, tag, value): a number, a HistogramProto, or an array of buckets in the newer form."""
    writer = EventFileWriter(str(folder))
    for number, (step, tag, value) in enumerate(events):
        event = Event(step=step, wall_time=1000.0 + number)
        if tag == "START":
            event.session_log.CopyFrom(SessionLog(status=SessionLog.START))
        else:
            event.summary.CopyFrom(Summary(value=[as_value(tag, value)]))
        writer.add_event(event)
    writer.close()
    return folder


def as_value(tag, value):
    if isinstance(value, HistogramProto):
        return Summary.Value(tag=tag, histo=value)
    if isinstance(value, int | float):
        return Summary.Value(tag=tag, simple_value=value)
    plugin = "scalars" if np.ndim(value) == 0 else "histograms"
    about = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
    return Summary.Value(tag=tag, metadata=about, tensor=make_tensor_proto(value))


def histogram(values, limits):
    counts, _ = np.histogram(values, [-np.inf, *limits])
    return HistogramProto(
        min=values.min(), max=values.max(), num=len(values), sum=values.sum(),
        sum_squares=(values**2).sum(), bucket_limit=limits, bucket=counts,
    )  # fmt: skip


@pytest.fixture
def logs(torch, here):
    """What a loop with torch's SummaryWriter leaves behind."""
    from torch.utils.tensorboard import SummaryWriter

    generator = torch.Generator().manual_seed(5)
    with SummaryWriter("logs") as writer:
        for step in range(0, 40, 2):
            writer.add_scalar("loss", 2.0 / (step + 1), step)
            if step % 10 == 0:
                writer.add_scalar("val/loss", 3.0 / (step + 1), step + 1, new_style=True)
                writer.add_histogram("grad/conv1.weight", torch.randn(500, generator=generator), step)
                writer.add_histogram("conv1.weight", torch.rand(500, generator=generator) ** 4, step)
        writer.add_image("picture", torch.rand(3, 4, 4, generator=generator), 0)
    return Path("logs")


def test_it_holds_what_the_accumulator_reads(logs):
    assert import_events(logs, "run.zarr") == Path("run.zarr")
    trace = derivviz.open_trace("run.zarr")
    told = EventAccumulator(str(logs), {"scalars": 0, "histograms": 0, "tensors": 0}).Reload()
    loss = {event.step: event.value for event in told.Scalars("loss")}
    later = {event.step: event.tensor_proto.float_val[0] for event in told.Tensors("val/loss")}
    assert trace.steps.tolist() == sorted(loss | later)
    for name, expected in (("loss", loss), ("val/loss", later)):
        series = dict(zip(trace.steps.tolist(), trace[name].tolist(), strict=True))
        assert {step: value for step, value in series.items() if value == value} == expected
    walls = {event.step: event.wall_time for event in told.Scalars("loss")}
    assert trace["time"][trace.steps == 38] == pytest.approx(walls[38] - walls[0], abs=1e-6)
    assert trace.snapshot_steps.tolist() == [0, 10, 20, 30]
    for tag, name in (("grad/conv1.weight", "grad/conv1.weight"), ("conv1.weight", "param/conv1.weight")):
        for event in told.Histograms(tag):
            proto, row = event.histogram_value, trace.steps == event.step
            assert trace[f"{name}/mean"][row] == pytest.approx(proto.sum / proto.num)
            assert trace[f"{name}/norm"][row] == pytest.approx(np.sqrt(proto.sum_squares))
            assert (trace[f"{name}/min"][row], trace[f"{name}/max"][row]) == (proto.min, proto.max)
            assert trace[f"{name}/nonfinite"][row] == 0
            counts, edges = trace.snapshot(event.step).histogram[name]
            assert counts.sum() == proto.num
            assert (edges[0], edges[-1]) == (proto.min, proto.max)
            assert np.ptp(np.diff(edges)) < 1e-12
    assert np.isnan(trace["grad/conv1.weight/mean"][trace.steps == 2]).all()


def test_it_says_where_it_comes_from_and_opens_in_xarray(logs):
    xarray = pytest.importorskip("xarray")
    import_events(logs, "run.zarr")
    attributes = derivviz.open_trace("run.zarr").attrs
    assert attributes["source"] == "TensorBoard event files"
    assert attributes["files"] == [file.name for file in logs.iterdir()]
    assert set(attributes["versions"]) == {"derivviz", "tensorboard"}
    assert attributes["skipped"] == {"picture": "neither a scalar nor a histogram"}
    assert attributes["nonfinite"] == {}
    step = xarray.open_zarr("run.zarr", group="step")
    assert step.kind.values.tolist() == ["grad", "param"]
    assert step.tag.values.tolist() == ["grad/conv1.weight", "conv1.weight"]
    assert set(step.estimator.values) == {"exact"}
    assert step["val%2Floss"].attrs["name"] == "val/loss"
    snapshot = xarray.open_zarr("run.zarr", group="snapshot")
    assert "rebinned" in snapshot.histogram.attrs["estimator"]


@pytest.mark.parametrize(
    ("tag", "key"),
    [
        ("grad/conv1.weight", ("grad", "conv1.weight")),
        ("Gradients/a/b", ("grad", "a/b")),
        ("weights/conv1", ("param", "conv1")),
        ("activations/relu", ("activation", "relu")),
        ("updates/w", ("update", "w")),
        ("conv1.weight.grad", ("grad", "conv1.weight")),
        ("conv1/bias/grad", ("grad", "conv1/bias")),
        ("conv1.bias", ("param", "conv1.bias")),
        ("conv1/weight", ("param", "conv1/weight")),
        ("grad/", ("histogram", "grad/")),
        (".grad", ("histogram", ".grad")),
        ("weightless", ("histogram", "weightless")),
        ("latent code", ("histogram", "latent code")),
    ],
)
def test_a_tag_is_mapped_only_where_it_says_so_plainly(tag, key):
    assert kind_and_name(tag) == key


def test_two_tags_for_one_tensor_stay_two(here):
    values = histogram(np.arange(4.0), [1.0, 2.0, 4.0])
    import_events(write(here / "a", (0, "grad/w", values), (0, "w.grad", values)), "run.zarr")
    assert set(derivviz.open_trace("run.zarr").snapshot(0).histogram) == {"grad/w", "histogram/w.grad"}


def test_the_newer_form_says_less_and_so_does_the_trace(here):
    buckets = np.array([[0.0, 0.5, 3.0], [0.5, 1.0, 1.0]], np.float32)
    import_events(write(here / "a", (7, "grad/w", buckets), (7, "loss", np.float32(0.5))), "run.zarr")
    trace = derivviz.open_trace("run.zarr")
    assert trace["loss"].tolist() == [0.5]
    assert (trace["grad/w/min"].item(), trace["grad/w/max"].item()) == (0.0, 1.0)
    assert np.isnan([trace["grad/w/mean"], trace["grad/w/norm"], trace["grad/w/nonfinite"]]).all()
    counts, _ = trace.snapshot(7).histogram["grad/w"]
    assert (counts[: BINS // 2].sum(), counts[BINS // 2 :].sum()) == (3, 1)


@given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=300),
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40, unique=True),
)
def test_rebinned_counts_lose_nothing_and_stay_in_their_bucket(values, limits):
    values, limits = np.array(values), sorted({*limits, 2000.0})
    made = from_proto(histogram(values, limits))
    assert made.counts.sum() == len(values)
    assert (made.counts >= 0).all()
    assert made.edges[0] == values.min()
    inside = [limit for limit in limits if values.min() <= limit <= values.max()]
    for limit in inside:  # below each limit of TensorBoard, as many as it counted, but for one of our bins
        at = np.searchsorted(made.edges, limit)
        below = (values < limit).sum()
        assert made.counts[: max(at - 1, 0)].sum() <= below + 1
        assert made.counts[: at + 1].sum() >= below - 1


def test_histograms_of_odd_values():
    constant = from_proto(
        HistogramProto(min=2, max=2, num=5, sum=10, sum_squares=20, bucket_limit=[2, 3], bucket=[0, 5])
    )
    assert (constant.counts[0], constant.counts.sum(), constant.edges[0]) == (5, 5, 2.0)
    for nothing in (from_proto(HistogramProto()), from_buckets(np.zeros((0, 3)))):
        assert (nothing.counts.sum(), nothing.stats[0], nothing.size) == (0, 0, 0)
        assert np.isnan(nothing.edges).all()
    nan = float("nan")
    lost = from_proto(
        HistogramProto(
            min=nan, max=nan, num=5, sum=nan, sum_squares=nan, bucket_limit=[0, 1, 2], bucket=[0, 2, 2]
        )
    )
    assert lost.stats[:2].tolist() == [4, 1]
    assert (lost.counts.sum(), lost.size) == (4, 5)
    assert (lost.edges[0], lost.edges[-1]) == (0, 2)
    huge = from_proto(
        HistogramProto(
            min=-1.7e308, max=1.7e308, num=2, sum=0, sum_squares=1, bucket_limit=[0, 1.7e308], bucket=[1, 1]
        )
    )
    assert huge.counts.sum() == 0
    with pytest.raises(ValueError, match="2 buckets with 1 limits"):
        from_proto(HistogramProto(bucket=[1, 2], bucket_limit=[1]))


def test_a_loss_that_became_nan_is_told_from_steps_without_one(here):
    nan = float("nan")
    write(here / "a", (0, "loss", 1.0), (1, "other", 1.0), (2, "loss", nan), (3, "loss", nan))
    import_events(here / "a", "run.zarr")
    assert derivviz.open_trace("run.zarr").attrs["nonfinite"] == {"loss": 2}


def test_names_that_the_trace_has_itself(here):
    tags = ("time", "lr", "step", "stats", "kind", "epoch/x", "..", "é")
    tensor = (0, "grad/w", histogram(np.arange(4.0), [1.0, 5.0]))
    import_events(write(here / "a", tensor, *((0, tag, 5.0) for tag in tags)), "run.zarr")
    trace = derivviz.open_trace("run.zarr")
    assert trace["time"].tolist() == [0.0]
    assert trace["grad/w/mean"].tolist() == [1.5]
    for name in ("logged/time", *tags[1:]):
        assert trace[name].tolist() == [5.0]


def test_a_restart_voids_what_came_after_it(here):
    late = histogram(np.arange(4.0), [1.0, 5.0])
    void = (1, "x", 1.0), (2, "x", 2.0), (2, "late", late), (2, "y", 2.0), (1, "START", None)
    import_events(write(here / "a", (0, "x", 0.0), *void, (1, "x", 10.0)), "run.zarr")
    trace = derivviz.open_trace("run.zarr")
    assert set(trace) == {"x", "time"}
    assert (trace.steps.tolist(), trace["x"].tolist()) == ([0, 1], [0.0, 10.0])


def test_of_several_runs_one_is_chosen(here):
    for name in ("first", "deep/second"):
        write(here / "logs" / name, (0, "loss", float(len(name))))
    with pytest.raises(UsageError, match=r"2 runs.*deep/second, first"):
        import_events("logs", "run.zarr")
    with pytest.raises(UsageError, match=r"no run 'third'.*deep/second, first"):
        import_events("logs", "run.zarr", run="third")
    import_events("logs", "run.zarr", run="deep/second")
    assert derivviz.open_trace("run.zarr")["loss"].tolist() == [11.0]
    (file,) = (here / "logs" / "first").iterdir()
    import_events(file, "one.zarr")
    assert derivviz.open_trace("one.zarr")["loss"].tolist() == [5.0]


def test_a_scalar_may_be_called_otherwise(here):
    write(here / "a", (0, "train/loss", 1.0), (0, "other", 2.0))
    import_events("a", "run.zarr", names={"loss": "train/loss"})
    assert derivviz.open_trace("run.zarr")["loss"].tolist() == [1.0]
    assert "train/loss" not in derivviz.open_trace("run.zarr")
    with pytest.raises(UsageError, match=r"no scalar 'trian/loss'.*Nearest: train/loss"):
        import_events("a", "b.zarr", names={"loss": "trian/loss"})
    with pytest.raises(UsageError, match="called 'other' already"):
        import_events("a", "b.zarr", names={"other": "train/loss"})
    assert not Path("b.zarr").exists()


def test_what_can_be_read_of_a_damaged_file_is_read(logs, here):
    (file,) = logs.iterdir()
    whole = file.read_bytes()
    for cut, steps in ((len(whole) // 2, 10), (len(whole) - 1, 21)):
        file.write_bytes(whole[:cut])
        import_events(logs, "cut.zarr", overwrite=True)
        trace = derivviz.open_trace("cut.zarr")
        assert abs(len(trace.steps) - steps) <= 4
        assert f"of {cut}; the rest is lost" in trace.attrs["skipped"][file.name]
        assert np.nanmax(trace["loss"]) == 2.0
    file.write_bytes(whole[: len(whole) // 3] + b"\x00" + whole[len(whole) // 3 + 1 :])
    import_events(logs, "bad.zarr")
    assert file.name in derivviz.open_trace("bad.zarr").attrs["skipped"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(draw=st.data())
def test_whatever_lies_in_a_file_there_is_a_trace_or_an_error_in_words(draw, here):
    shutil.rmtree("f", ignore_errors=True)
    write(here / "f", (0, "loss", 1.0), (0, "h", histogram(np.arange(4.0), [1.0, 5.0])), (1, "loss", 2.0))
    (file,) = Path("f").iterdir()
    content = bytearray(file.read_bytes())
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(content) - 1))
        content[at : at + 1] = draw.draw(st.binary(max_size=2))
    file.write_bytes(content)
    try:
        import_events("f", "f.zarr", overwrite=True)
    except DerivvizError:
        return
    assert len(derivviz.open_trace("f.zarr").steps)


@given(st.data())
def test_events_that_are_whole_and_absurd(data):
    """Checksums keep chance out, not malice."""
    numbers = st.floats() | st.sampled_from([1e308, -1e308, 1e18])
    proto = HistogramProto(
        min=data.draw(numbers), max=data.draw(numbers), num=data.draw(numbers), sum=data.draw(numbers),
        sum_squares=data.draw(numbers),
        bucket=(counts := data.draw(st.lists(numbers, max_size=5))),
        bucket_limit=[data.draw(numbers) for _ in counts],
    )  # fmt: skip
    with np.errstate(all="ignore"):
        try:
            made = from_proto(proto)
        except ValueError:
            return
    assert made.counts.shape == (BINS,)
    assert made.edges.shape == (BINS + 1,)
    assert isinstance(made.size, int)


def test_nothing_to_read(here):
    with pytest.raises(TraceError, match="There is no nowhere"):
        import_events("nowhere", "run.zarr")
    Path("empty").mkdir()
    with pytest.raises(TraceError, match="no event files"):
        import_events("empty", "run.zarr")
    write(here / "a")
    with pytest.raises(TraceError, match="no scalars and no histograms"):
        import_events("a", "run.zarr")
    assert not Path("run.zarr").exists()


def test_an_import_that_breaks_off_leaves_nothing(logs, monkeypatch):
    from derivviz.integrations import tensorboard

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(tensorboard, "_write_snapshots", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_events(logs, "run.zarr")
    assert not Path("run.zarr").exists()


def test_an_existing_trace_is_replaced_only_when_asked(logs):
    import_events(logs, "run.zarr")
    with pytest.raises(TraceError, match="already a trace"):
        import_events(logs, "run.zarr")
    import_events(logs, "run.zarr", overwrite=True)
    with pytest.raises(TraceError, match="not a trace"):
        import_events(logs, logs, overwrite=True)


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_the_command_says_what_it_made(logs):
    told = run(logs)
    assert told.exit_code == 0
    first, second = told.stdout.splitlines()
    assert first.startswith("renders/logs.zarr: ")
    assert "25 steps" in first or "24 steps" in first
    assert second == "Next: derivviz figure loss --trace renders/logs.zarr"
    assert "no scalar" not in told.output.lower()


def test_the_command_warns_of_damage_and_of_a_missing_loss(logs):
    (file,) = logs.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    told = run(logs, "-o", "run.zarr", "--name", "a=loss")
    assert told.exit_code == 0
    assert f"Warning: {file.name}: damaged or cut off" in told.stderr
    assert "--name loss=TAG" in told.stdout
    assert isinstance(run(logs, "--name", "loss").exception, UsageError)


def test_the_loss_figure_draws_an_imported_run(logs, monkeypatch):
    from derivviz import library
    from derivviz.figures import page

    import_events(logs, "run.zarr")
    trace = derivviz.open_trace("run.zarr")
    artists = library.load(library.find("scripts", "loss")).draw(trace)
    drawn = dict(zip(*artists["loss"].get_data(), strict=True))
    logged = ~np.isnan(trace["loss"])
    assert drawn == dict(zip(trace.steps[logged], trace["loss"][logged], strict=True))
    assert "nonfinite" not in artists  # a step without a loss is no loss of NaN
    assert page(artists, "loss") is not None
