"""What a trace says of where it comes from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import derivviz
from derivviz.errors import UsageError
from derivviz.recording.provenance import hash_of


def test_the_hash_tells_contents_types_and_shapes() -> None:
    values = torch.arange(6.0)
    different = [
        None,
        values,
        values.double(),
        values.reshape(2, 3),
        values.reshape(2, 3).t(),
        values + 1,
        values.to(torch.bfloat16),
        values.int().numpy(),
        torch.from_numpy(np.arange(6.0)[[]]),  # no elements, and a stride of 0
        [values, values + 1],
        [values + 1, values],
        {"a": values},
        {"b": values},
        "text",
        b"text",
        5,
    ]
    found = [hash_of(data) for data in different]
    assert found[0] is None
    assert len(set(found)) == len(found)
    assert all(each.startswith("sha256:") and len(each) == 71 for each in found[1:] if each)
    again = [hash_of(data) for data in different]
    assert found == again
    assert hash_of(values[::1].clone().requires_grad_()) == hash_of(values)


def test_the_hash_of_files(tmp_path: Path) -> None:
    (tmp_path / "data" / "b").mkdir(parents=True)
    (tmp_path / "data" / "b" / "2.txt").write_text("two")
    (tmp_path / "data" / "a.txt").write_text("one" * 10**6)
    first = hash_of(tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    assert hash_of(tmp_path / "elsewhere") == first  # wherever the folder lies
    (tmp_path / "elsewhere" / "a.txt").rename(tmp_path / "elsewhere" / "c.txt")
    assert hash_of(tmp_path / "elsewhere") != first
    (tmp_path / "elsewhere" / "c.txt").rename(tmp_path / "elsewhere" / "a.txt")
    assert hash_of(tmp_path / "elsewhere") == first
    (tmp_path / "elsewhere" / "b" / "2.txt").write_text("three")
    assert hash_of(tmp_path / "elsewhere") != first
    with pytest.raises(UsageError, match=r"there is no .*nowhere"):
        hash_of(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "data", [torch.utils.data.DataLoader([1, 2]), object(), iter([1]), np.array([object()])]
)
def test_what_cannot_be_told_is_refused(data: Any) -> None:
    with pytest.raises(UsageError, match=r"record\(data=…\) takes tensors"):
        hash_of(data)


def test_a_trace_tells_where_it_comes_from(seeded: Any, tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = np.arange(5)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr", data=data) as recorder:
        recorder.note(dataset="squares", sizes=(1, 2))
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    about = derivviz.open_trace(tmp_path / "run.zarr").attrs
    assert about["data_hash"] == "sha256:" + hashlib.sha256(b"int64(5,)" + data.tobytes()).hexdigest()
    assert about["seed"] == 0
    assert about["optimizer"] == "SGD"
    assert about["device"] == "cpu"
    assert about["structure"] == repr(model)
    assert about["versions"]["torch"] == torch.__version__
    assert about["parameters"] == [{"name": "weight", "shape": [2, 3]}, {"name": "bias", "shape": [2]}]
    assert about["dataset"] == "squares"
    assert about["sizes"] == [1, 2]
    assert {"command", "git", "created", "sessions"} <= set(about)
