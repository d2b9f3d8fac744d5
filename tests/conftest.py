"""What several rooms' tests share: one thread for torch, and a small trace of a real run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Have matplotlib look for fonts anew, once for all workers: its list in the user's home may be wrong."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="matplotlib-")
        os.environ["MPLCONFIGDIR"] = folder.name
        config.add_cleanup(folder.cleanup)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless marks are chosen."""
    if not config.option.markexpr:
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: run it with -m slow"))


@pytest.fixture(scope="session", autouse=True)
def short_chunks() -> Iterator[None]:
    """Let the small films of tests, too, have several chunks.

    Only where this process and copies of it draw. At 40 frames a second the others come to the same borders.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("derivviz.rendering.plan.SHORTEST_CHUNK", 20)
        yield


@pytest.fixture(scope="session")
def torch() -> Any:
    """torch with a single thread; imported only by the tests that ask for it."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture
def seeded(torch: Any) -> Iterator[Any]:
    """torch with the seed 0, and the random numbers afterwards as they were."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    yield torch
    torch.set_rng_state(state)


@pytest.fixture(scope="session")
def make_network(torch: Any) -> Callable[[], Any]:
    """Makes the recommender's network in small: 24×24 pictures, 4 maps, 16 hidden units, 5 classes."""

    def make() -> Any:
        nn = torch.nn
        network = nn.Sequential()
        network.add_module("conv", nn.Conv2d(3, 4, 3))
        network.add_module("act1", nn.Tanh())
        network.add_module("pool", nn.MaxPool2d(2))
        network.add_module("flatten", nn.Flatten())
        network.add_module("fc1", nn.Linear(4 * 11 * 11, 16))
        network.add_module("act2", nn.Tanh())
        network.add_module("fc2", nn.Linear(16, 5))
        return network

    return make


@pytest.fixture(scope="session")
def tiny_trace(torch: Any, make_network: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a trace of a real run: 12 steps in 3 epochs, snapshots at 0, 5, 10, 11, batches of 10.

    It has what a run of ``derivviz record food`` has: logged loss, accuracy and epoch, input images and
    targets, lr factors, evaluations, the classes. Modules: conv, act1, pool, flatten, fc1, act2, fc2.
    """
    import derivviz

    path = tmp_path_factory.mktemp("traces") / "tiny.zarr"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = make_network()
        images, target = torch.rand(40, 3, 24, 24), torch.arange(40) % 5
        images += (
            target[:, None, None, None] / 5
        )  # brightness tells the class, so that there is something to learn
        images /= images.max()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        optimizer.factors = {p: 1.0 + n / 10 for n, p in enumerate(network.parameters())}
        with derivviz.record(network, optimizer, path, snapshot_every=5, steps=12) as recorder:
            recorder.note(
                preset="test", classes=["pizza", "chicken", "hamburger", "pasta", "salad"], batch_size=10
            )
            for epoch in range(1, 4):
                for rows in torch.arange(40).reshape(4, 10):
                    recorder.batch(images[rows], target[rows])
                    output = network(images[rows])
                    loss = torch.nn.functional.cross_entropy(output, target[rows])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    accuracy = (output.argmax(1) == target[rows]).double().mean()
                    recorder.log(loss=loss, accuracy=accuracy, epoch=epoch)
                with torch.no_grad():
                    probabilities = network(images[:10]).softmax(1)
                names = [f"picture {n}" for n in range(10)]
                recorder.evaluation(
                    probabilities, epoch=epoch, target=target[:10], names=names, images=images[:10]
                )
    return path


@pytest.fixture(scope="session")
def game_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Traces of short runs of ``gan`` and ``wgan-gp`` with a snapshot at each step, each made once.

    ``game_trace("gan", seed=3, steps=6, generator_loss="saturating")`` on the ring; ``pictures=True`` plays with a
    dozen drawn garments.
    """
    from derivviz.learning.garments import garments
    from derivviz.parameters import fill
    from derivviz.runs import Progress, Request, load

    folder = tmp_path_factory.mktemp("games")
    np.savez(folder / "garments.npz", garments(12)[..., 0])
    made: dict[str, Path] = {}

    def trace(name: str, *, seed: int = 0, pictures: bool = False, **typed: Any) -> Path:
        typed = {"steps": 6, "batch_size": 8} | typed
        path = folder / f"{len(made)}.zarr"
        key = f"{name} {seed} {pictures} {sorted(typed.items())}"
        if key not in made:
            run = load(name)
            options = fill(
                run.Parameters, {flag.replace("_", "-"): str(value) for flag, value in typed.items()}
            )
            data = folder / "garments.npz" if pictures else Path("ring")
            quiet = Progress(lambda line: None, lambda done, total, epoch, loss: None)
            run.train(Request(path, data, seed=seed, snapshot_every=1, parameters=options), quiet)
            made[key] = path
        return made[key]

    return trace


@pytest.fixture(scope="session")
def descent_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Traces of short runs of ``descent``, each made once: on the galaxies, on points x, t, or on an own network.

    ``descent_trace(points=((0, 1), (1, 0)), steps=20)``; ``own=True`` walks two weights of a small network.
    """
    from derivviz.learning.descent import two_weights
    from derivviz.parameters import fill
    from derivviz.runs import Progress, Request, descent

    folder = tmp_path_factory.mktemp("descents")
    made: dict[str, Path] = {}

    def network() -> tuple[Any, Any]:
        nn, x = torch.nn, torch.linspace(-2, 2, 20)[:, None]
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1)).double()
        target = (model(x.double()) + 0.1 * x).detach()
        return two_weights(
            model,
            lambda m: nn.functional.mse_loss(m(x.double()), target),
            "2.weight[0, 3]",
            "0.weight[3, 0]",
        )

    def trace(points: tuple[tuple[float, float], ...] = (), own: bool = False, **typed: Any) -> Path:
        key = f"{points} {own} {sorted(typed.items())}"
        if key not in made:
            path = folder / f"{len(made)}.zarr"
            options = fill(
                descent.Parameters, {flag.replace("_", "-"): str(value) for flag, value in typed.items()}
            )
            if own:
                loss, start = network()
                names = ("2.weight[0, 3]", "0.weight[3, 0]")
                descent.descend(
                    loss, start + torch.tensor([1.0, -0.5]), path, names=names, parameters=options
                )
            else:
                file = folder / f"{len(made)}.csv"
                file.write_text("".join(f"{x},{t}\n" for x, t in points))
                quiet = Progress(lambda line: None, lambda *now: None)
                descent.train(Request(path, file if points else None, parameters=options), quiet)
            made[key] = path
        return made[key]

    return trace


@pytest.fixture(scope="session")
def classifier_trace(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Traces of short runs of a small classifier, a snapshot at every second of its 6 steps, each made once.

    ``classifier_trace(classes=100, images=True)``; `loss` is a function of logits and target, or the name of one of
    torch.nn.functional; `last` a module after the logits; `size` what the last weights are multiplied by.
    """
    import derivviz

    nn, functional = torch.nn, torch.nn.functional
    folder = tmp_path_factory.mktemp("classifiers")
    made: dict[Any, Path] = {}

    def trace(
        classes: int = 5,
        loss: Any = "cross_entropy",
        *,
        images: bool = False,
        target: bool = True,
        names: tuple[str, ...] = (),
        last: Any = None,
        size: float = 1.0,
    ) -> Path:
        key = classes, loss, images, target, names, last, size
        if key in made:
            return made[key]
        path = made[key] = folder / f"{len(made)}.zarr"
        measure = getattr(functional, loss) if isinstance(loss, str) else loss
        with torch.random.fork_rng():
            torch.manual_seed(0)
            layers = [nn.Flatten(), nn.Linear(48, 12), nn.Tanh(), nn.Linear(12, classes)]
            network = nn.Sequential(*layers, *([] if last is None else [last()]))
            with torch.no_grad():
                network[3].weight.mul_(size)
            inputs = torch.rand(32, 3, 4, 4) if images else torch.rand(32, 48)
            truth = torch.arange(32) % classes
            optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
            with derivviz.record(network, optimizer, path, snapshot_every=2, steps=6) as recorder:
                if names:
                    recorder.note(classes=list(names))
                for rows in torch.arange(48).reshape(6, 8) % 32:
                    if target or images:
                        recorder.batch(inputs[rows], truth[rows] if target else None)
                    value = measure(network(inputs[rows]), truth[rows])
                    optimizer.zero_grad()
                    value.backward()
                    optimizer.step()
                    recorder.log(loss=value)
        return path

    return trace
