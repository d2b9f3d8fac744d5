"""What the hooks share, and what happens where a library is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import derivviz
from derivviz.integrations.hosted import Hosted


@pytest.mark.parametrize(
    ("module", "blocked", "extra"),
    [
        ("lightning", ["lightning", "pytorch_lightning"], "lightning"),
        ("huggingface", ["transformers"], "transformers"),
        ("ignite", ["ignite"], "ignite"),
        ("tensorboard", ["tensorboard"], "tensorboard"),
    ],
)
def test_a_missing_library_is_told_with_the_command_that_brings_it(module, blocked, extra):
    program = (
        f"import sys\nsys.modules.update(dict.fromkeys({blocked}))\n"
        "from derivviz.errors import DerivvizError\n"
        f"try:\n import derivviz.integrations.{module}\n"
        "except DerivvizError as error:\n print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert f'pip install "derivviz[{extra}]"' in done.stdout


def test_importing_events_needs_no_torch():
    program = (
        "import sys, derivviz.integrations.tensorboard\nassert not {'torch', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def hosted(torch):
    layer = torch.nn.Linear(2, 1)
    hosted = Hosted("run.zarr")
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    hosted._open(layer, optimizer)
    layer(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    return hosted


def test_only_numbers_are_logged_and_names_of_the_trace_are_spared(hosted, torch):
    hosted._log(
        {
            "a": 1, "b": torch.tensor([2.0]), "c": True, "lr": 3.0, "time": 4.0, "self": 5.0,
            "many": torch.ones(2), "text": "6", "none": None, 7: 8.0,
        }
    )  # fmt: skip
    hosted._close()
    trace = derivviz.open_trace("run.zarr")
    own = {"a": 1, "b": 2, "c": 1, "logged/lr": 3, "logged/time": 4, "logged/self": 5, "7": 8}
    assert {name: trace[name].tolist() for name in own} == {name: [value] for name, value in own.items()}
    assert not {"many", "text", "none"} & set(trace)


def test_without_a_recorder_nothing_happens():
    hosted = Hosted("run.zarr")
    hosted._log({"loss": 1.0})
    hosted._batch([1, 2])
    hosted._close()


def test_a_host_that_begins_again_replaces_what_it_began(hosted, torch):
    """As a Trainer that halves its batch until it fits."""
    layer = torch.nn.Linear(2, 1)
    hosted._open(layer, torch.optim.SGD(layer.parameters(), lr=0.1))
    hosted._close()
    assert len(derivviz.open_trace("run.zarr").steps) == 0


def test_batches_that_are_no_pictures_are_let_be(hosted, torch):
    for batch in (
        [],
        {},
        "text",
        [torch.ones(2)],
        torch.ones(2, 7, 3, 3),
        [torch.ones(2, 7, 3, 3), torch.ones(2)],
    ):
        hosted._batch(batch)
    assert hosted.recorder is not None
    hosted._close()
