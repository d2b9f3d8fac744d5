"""Recorded classifiers: logits, p and the derivative p − y, held against torch; and what is no classifier."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz import open_trace
from derivviz.trace import MissingSeriesError
from derivviz.trace.classification import answers, pulls, softmax, steps, telling

Make = Callable[..., Path]


@pytest.mark.parametrize("classes", [2, 5, 64, 100])
def test_the_recorded_derivative_is_that_of_autograd(
    torch: Any, classifier_trace: Make, classes: int
) -> None:
    found = telling(open_trace(classifier_trace(classes)))
    z = torch.tensor(found.logits, requires_grad=True)
    target = torch.tensor(found.target)
    losses = torch.nn.functional.cross_entropy(z, target, reduction="none")
    (slopes,) = torch.autograd.grad(losses.sum(), z)
    np.testing.assert_allclose(found.losses, losses.detach().numpy())
    np.testing.assert_allclose(found.error, slopes.numpy(), atol=1e-12)
    np.testing.assert_allclose(found.gradient * 8, slopes.numpy()[:, found.kept], atol=1e-6)
    assert found.batch == 8
    assert (found.classes, len(found.kept)) == (classes, min(classes, 64))
    np.testing.assert_allclose(found.right, found.p[np.arange(8), found.target])
    np.testing.assert_allclose(found.error.sum(axis=1), 0, atol=1e-12)


@pytest.mark.parametrize("classes", [5, 100])
def test_without_targets_the_gradient_tells_the_truth(classifier_trace: Make, classes: int) -> None:
    known, guessed = (telling(open_trace(classifier_trace(classes, target=t))) for t in (True, False))
    assert known.step == guessed.step
    np.testing.assert_array_equal(guessed.target, known.target[guessed.rows])
    assert len(guessed.rows) == np.isin(known.target, known.kept).sum() > 0


def test_weights_of_samples_and_logarithms_at_the_end(torch: Any, classifier_trace: Make) -> None:
    def weighted(logits: Any, target: Any) -> Any:
        weight = torch.tensor([1.0, 2.0, 3.0])
        return torch.nn.functional.cross_entropy(logits, target, weight=weight, reduction="sum")

    found = telling(open_trace(classifier_trace(3, weighted)))
    np.testing.assert_allclose(found.weight, found.target + 1.0, rtol=1e-5)
    assert found.batch is None
    logarithms = telling(
        open_trace(classifier_trace(5, "nll_loss", last=partial(torch.nn.LogSoftmax, dim=1)))
    )
    assert (logarithms.layer, logarithms.batch) == (
        "3",
        8,
    )  # the layer of the logits, not the softmax after it


def test_logits_that_exploded(classifier_trace: Make) -> None:
    found = telling(open_trace(classifier_trace(3, size=1e6)))
    assert set(np.unique(found.p.round(12))) <= {0.0, 1.0}
    assert found.losses.max() > 1e4
    assert np.isfinite(found.losses).all()
    np.testing.assert_allclose(found.gradient * 8, found.error, atol=1e-6)


def test_the_pull_over_the_run(classifier_trace: Make) -> None:
    trace = open_trace(classifier_trace(5))
    where, pull = pulls(trace)
    assert where.tolist() == steps(trace).tolist() == [0, 2, 4, 5]
    for step, mean in zip(where, pull, strict=True):
        shot = trace.snapshot(int(step))
        p = softmax(np.asarray(shot.output, float))
        assert mean == pytest.approx(1 - p[np.arange(8), shot.target].mean())


@pytest.mark.parametrize(
    ("loss", "classes"),
    [("mse", 5), ("binary", 5), ("smooth", 5)],
)
def test_another_loss_is_told(torch: Any, classifier_trace: Make, loss: str, classes: int) -> None:
    functional = torch.nn.functional

    def other(logits: Any, target: Any) -> Any:
        hot = functional.one_hot(target, classes).float()
        return {
            "mse": lambda: functional.mse_loss(logits, hot),
            "binary": lambda: functional.binary_cross_entropy_with_logits(logits, hot),
            "smooth": lambda: functional.cross_entropy(logits, target, label_smoothing=0.2),
        }[loss]()

    trace = open_trace(classifier_trace(classes, other))
    with pytest.raises(MissingSeriesError, match=r"is p − y.*derivviz record food"):
        telling(trace)
    assert len(pulls(trace)[0]) == 0


def test_a_network_of_one_output_is_no_classifier(torch: Any, tmp_path: Path) -> None:
    import derivviz

    network = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    with derivviz.record(network, optimizer, tmp_path / "line.zarr", snapshot_every=1) as recorder:
        recorder.log(loss=1.0)
        network(torch.ones(4, 3)).sum().backward()
        optimizer.step()
    with pytest.raises(MissingSeriesError, match="two or more numbers for each sample"):
        answers(open_trace(tmp_path / "line.zarr"), 0)
