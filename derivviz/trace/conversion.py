"""A trace as an xarray Dataset or a pandas DataFrame. Both packages are optional."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from derivviz.errors import DerivvizError
from derivviz.trace.errors import MissingSeriesError, TraceError
from derivviz.trace.layout import ROW_DIMENSION
from derivviz.trace.store import Array, Store

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def need(package: str, what: str, install: str = "") -> Any:
    """An optional package, or an error that says what to install."""
    try:
        return import_module(package)
    except ImportError as error:
        raise DerivvizError(f"{what} needs {package}. Type  pip install {install or package}") from error


def to_xarray(store: Store, group: str, rows: slice) -> xr.Dataset:
    """A group of a trace, its variables by their true names, its attributes those of the run."""
    xarray = need("xarray", "to_xarray()")
    if group not in store.groups():
        raise MissingSeriesError.among("group", group, store.groups())
    for name in store.below(group):
        if store.arrays[f"{group}/{name}"].dims == (name,):  # an index, which xarray reads at once
            store.check_claim(f"{group}/{name}")
    try:
        dataset = xarray.open_zarr(
            store.guarded, group=group, consolidated=False, chunks=None, zarr_format=3, decode_timedelta=False
        )
        names = {str(name): str(array.attrs.get("name", name)) for name, array in dataset.variables.items()}
        taken = {*names, *map(str, dataset.dims)}
        true = {name: name_ for name, name_ in names.items() if name_ not in taken}
        if len(set(true.values())) == len(true):
            dataset = dataset.rename(true)
        row = ROW_DIMENSION.get(group.partition("/")[0])
        if rows != slice(None) and row in dataset.dims:
            dataset = dataset.isel({row: rows})
    except TraceError:
        raise
    except Exception as error:  # xarray meets whatever stands in a damaged trace
        raise store.damaged(group, error) from error
    return dataset.assign_attrs(store.root)


def to_pandas(steps: Array, columns: Mapping[str, Array], attributes: Mapping[str, Any]) -> pd.DataFrame:
    """A row a step, a column a key."""
    pandas = need("pandas", "to_pandas()")
    table = pandas.DataFrame(dict(columns), index=pandas.Index(steps, name="step"))
    table.attrs = dict(attributes)
    return table
