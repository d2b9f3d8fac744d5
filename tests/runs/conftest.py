"""One thread for torch, and short looks at the sensitivity: the tests share the machine."""

from collections.abc import Iterator

import pytest
import torch

from derivviz.recording import sensitivity

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"POINTS": 2, "SAMPLES": 2, "PATH_POINTS": 3}.items():
            patch.setattr(sensitivity, name, value)
        yield
