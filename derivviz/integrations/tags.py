"""What the tag of a histogram says of itself."""

from __future__ import annotations

_FIRST = {
    "activation": ("activation", "activations"),
    "activation_grad": ("activation_grad", "activation_grads"),
    "param": ("param", "params", "parameter", "parameters", "weight", "weights"),
    "grad": ("grad", "grads", "gradient", "gradients"),
    "update": ("update", "updates"),
}
_KIND_OF_FIRST = {word: kind for kind, words in _FIRST.items() for word in words}


def kind_and_name(tag: str) -> tuple[str, str]:
    """What a histogram's tag says of itself.

    >>> kind_and_name("gradients/conv1.weight"), kind_and_name("conv1.weight.grad"), kind_and_name("conv1.bias")
    (('grad', 'conv1.weight'), ('grad', 'conv1.weight'), ('param', 'conv1.bias'))
    >>> kind_and_name("latent code")
    ('histogram', 'latent code')
    """
    first, _, rest = tag.partition("/")
    if rest and first.lower() in _KIND_OF_FIRST:
        return _KIND_OF_FIRST[first.lower()], rest
    for ending in (".grad", "/grad", ".gradient", "/gradient"):
        if tag.endswith(ending) and tag != ending:
            return "grad", tag.removesuffix(ending)
    if tag.replace("/", ".").rpartition(".")[2] in ("weight", "bias"):
        return "param", tag
    return "histogram", tag
