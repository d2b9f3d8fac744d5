"""What a trace tells in keys and in English, as English and Korean readers read it."""

from __future__ import annotations

import re

from derivviz.calculus.score import KOREAN

SETTINGS = {
    "run": ("run", "학습의 종류"),
    "preset": ("preset", "프리셋"),
    "seed": ("seed", "시드"),
    "optimizer": ("optimizer", "옵티마이저"),
    "learning_rate": ("learning rate", "학습률"),
    "batch_size": ("batch size", "배치 크기"),
    "epochs": ("epochs", "에포크"),
    "data": ("data", "자료"),
    "data_hash": ("content of the data", "자료의 내용"),
}
"""Attributes of a trace, each with its English and its Korean name."""

OPTIMIZERS = {
    "DerivativeFactor": ("Adam with the factor of f′", "Adam, f′의 배율을 곱함"),
    "Together": ("gradient descent, momentum and Adam side by side", "경사하강법, 모멘텀, Adam을 나란히"),
}
"""Those of the library, by the names of their classes."""

_CLASSES = KOREAN | {"vehicle": "차량", "pedestrian": "보행자", "bicycle": "자전거"}
_DATA = (  # what the runs say of their data
    (r"toy sample: (\d+) emoji on drawn plates \(seed (\d+)\)", r"접시 그림 위에 놓은 이모지 \1장(시드 \2)"),
    (r"(\d+) pictures of the folder (.+)", r"폴더 \2의 그림 \1장"),
    (r"(\d+) pictures of the file (.+)", r"파일 \2의 그림 \1장"),
    (r"(\d+) frames of the folder (.+)", r"폴더 \2의 장면 \1장"),
    (r"(\d+) generated road scenes", r"만들어 낸 도로 장면 \1장"),
    (r"(\d+) drawn garments \(seed (\d+)\)", r"그려서 만든 옷 그림 \1장(시드 \2)"),
    (r"(\d+) tiles of generated terrain \(seed (\d+)\)", r"만들어 낸 지형 그림 \1장(시드 \2)"),
    (r"(\d+) tiles of NASA's Blue Marble .*", r"NASA 블루 마블의 위성 사진 조각 \1장"),
    (
        r"(\d+) Gaussians on a ring of radius (\S+), standard deviation (\S+)",
        r"반지름 \2인 원 위에 놓인 표준편차 \3의 정규분포 \1개",
    ),
    (r"(\d+) galaxies \(Hubble, 1929\)", r"은하 \1개(허블, 1929년)"),
    (r"(\d+) points of sin\(πx\), noise (\S+)", r"sin(πx)의 점 \1개, 잡음 \2"),
    (r"(\d+) points of (.+)", r"\2의 점 \1개"),
)


def setting(key: str, language: str) -> str:
    """The name of an attribute."""
    en, ko = SETTINGS[key]
    return ko if language == "ko" else en


def class_name(name: object, language: str) -> str:
    """A class as it is called."""
    return _CLASSES.get(str(name), str(name)) if language == "ko" else str(name)


def data_told(description: str, language: str) -> str:
    """What a run says of its data; a description of one's own stays as it is."""
    for pattern, korean in _DATA if language == "ko" else ():
        if found := re.fullmatch(pattern, description):
            return found.expand(korean)
    return description
