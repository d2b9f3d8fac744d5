"""Reverse mode: a program remembers its operations, and the derivatives of all of them come back in one walk.

This is back-propagation. Source: S. Linnainmaa, Taylor expansion of the accumulated rounding error (1976); in
networks, Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986).

>>> from derivviz.calculus.expression import parse
>>> graph = walk(parse("x*exp(x)"), 0)
>>> graph.x.gradient  # its two ways to the result are added up
1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from derivviz.calculus.expression import Expression
from derivviz.calculus.program import Kind, function, function_slope, power, power_slope, run
from derivviz.calculus.text import to_text
from derivviz.calculus.tree import Node


@dataclass(frozen=True)
class Edge:
    """Which number an operation took in, and how fast its result changes with that number."""

    source: Value
    slope: float


class Value:
    """A number that knows how it was made.

    Attributes
    ----------
    value : float
        The number.
    gradient : float
        The derivative of the result with respect to it, once `backward` of the result was called.
    edges : tuple of Edge
        What it was made from; none for x and for constants.
    operation : str
        How it was made: ``x``, a constant as it is written, ``+``, ``−``, ``·``, ``/``, ``^``, a name such
        as ``exp``, or for a power its exponent, as ``^2``.
    """

    def __init__(self, value: float, edges: tuple[Edge, ...] = (), operation: str = "") -> None:
        self.value, self.edges = value, edges
        self.operation = operation or f"{value:g}"
        self.gradient = 0.0

    def __repr__(self) -> str:
        return f"Value({self.value:g}, {self.operation!r}, gradient={self.gradient:g})"

    def __neg__(self) -> Value:
        return Value(-self.value, (Edge(self, -1.0),), "−")

    def __add__(self, other: Value) -> Value:
        return Value(self.value + other.value, (Edge(self, 1.0), Edge(other, 1.0)), "+")

    def __sub__(self, other: Value) -> Value:
        return Value(self.value - other.value, (Edge(self, 1.0), Edge(other, -1.0)), "−")

    def __mul__(self, other: Value) -> Value:
        return Value(self.value * other.value, (Edge(self, other.value), Edge(other, self.value)), "·")

    def __truediv__(self, other: Value) -> Value:
        """u/v; NaN where v is 0."""
        if other.value == 0:
            return Value(np.nan, (Edge(self, np.nan), Edge(other, np.nan)), "/")
        quotient = self.value / other.value
        return Value(quotient, (Edge(self, 1 / other.value), Edge(other, -quotient / other.value)), "/")

    def __pow__(self, other: Value) -> Value:
        """u^v for u > 0; NaN elsewhere, where it has no derivative."""
        if not self.value > 0:
            return Value(np.nan, (Edge(self, np.nan), Edge(other, np.nan)), "^")
        y = self.value**other.value
        lowered = other.value * self.value ** (other.value - 1)
        return Value(y, (Edge(self, lowered), Edge(other, y * np.log(self.value))), "^")

    def call(self, name: str) -> Value:
        """An elementary function by its canonical name."""
        y = function(name, np.float64(self.value))
        return Value(y, (Edge(self, function_slope(name, self.value, y)),), name)

    def raised(self, exponent: Node) -> Value:
        """The power with an exponent that is a tree without x."""
        y = power(np.float64(self.value), exponent)
        return Value(y, (Edge(self, power_slope(self.value, exponent, y)),), f"^{to_text(exponent)}")

    def history(self) -> list[Value]:
        """Every number that this one was made from, and itself last, each after those it was made from."""
        found: list[Value] = []
        seen: set[int] = set()
        waiting = [(self, False)]
        while waiting:
            value, done = waiting.pop()
            if done:
                found.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                waiting.append((value, True))
                waiting += [(edge.source, False) for edge in reversed(value.edges)]
        return found

    def backward(self) -> None:
        """Fill in the `gradient` of every number that this one was made from.

        From the result, whose derivative is 1, back to x: each number passes its gradient on to what it was
        made from, times the slope of the edge between, and what arrives by several ways is added up.
        """
        history = self.history()
        for value in history:
            value.gradient = 0.0
        self.gradient = 1.0
        for value in reversed(history):
            for edge in value.edges:
                edge.source.gradient += edge.slope * value.gradient


VALUE: Kind[Value] = Kind(Value, lambda name, u: u.call(name), Value.raised)


@dataclass(frozen=True)
class Graph:
    """A program that has run forward and back.

    Attributes
    ----------
    x, result : Value
        Where it begins and where it ends.
    operations : tuple of Value
        All numbers that depend on x, in the order in which they were made, x first.
    """

    x: Value
    result: Value
    operations: tuple[Value, ...]

    @property
    def slopes(self) -> list[float]:
        """The derivative of each operation with respect to x, as forward mode finds it on the way."""
        found = {id(self.x): 1.0}
        for value in self.operations[1:]:
            found[id(value)] = sum(edge.slope * found.get(id(edge.source), 0.0) for edge in value.edges)
        return [found[id(value)] for value in self.operations]

    def shares(self, value: Value) -> list[float]:
        """What each use of `value` passes back to it; its gradient is their sum."""
        return [
            edge.slope * user.gradient
            for user in self.operations
            for edge in user.edges
            if edge.source is value
        ]


def walk(function: Expression, at: Any) -> Graph:
    """Run an expression forward at `at` and back again; ``walk(f, a).x.gradient`` is f′(a).

    NaN where f has no value, or a part of it no derivative, as |x| at 0. Where x does not occur, it is 0.
    """
    x = Value(np.float64(at), operation="x")
    with np.errstate(all="ignore"):
        result = run(function.tree, x, VALUE)
        result.backward()
    moving = {id(x)}
    for value in result.history():
        if any(id(edge.source) in moving for edge in value.edges):
            moving.add(id(value))
    order = [value for value in result.history() if id(value) in moving]
    return Graph(x, result, (x, *(value for value in order if value is not x)))
