"""The figure of partial derivatives: what it draws is what the mathematics says."""

import numpy as np
import pytest
from matplotlib.text import Text

from derivviz.calculus.field import direction, parse_field
from derivviz.errors import UsageError
from derivviz.figures import page, style


def drawn(figure, function="x^2 + x*y + 2*y^2", at=(1.0, 1.0), **more):
    fields = {"function": parse_field(function), "at_x": at[0], "at_y": at[1], "reach": 2.0}
    return figure("partial_derivative").draw(**fields, **more)


@pytest.mark.parametrize(
    ("function", "at"),
    [
        ("x^2 + x*y + 2*y^2", (1, 1)),
        ("sin(x)cos(y)", (-0.5, 1)),
        ("2x - 3y", (0, 0)),
        ("1/(x^2 + y^2)", (1, 0.5)),
        ("log(xy)", (1, 2)),
        ("1000000*x*y", (-1, 3)),
    ],
)
def test_arrows_slices_and_directions(figure, function, at):
    artists, f = drawn(figure, function, at), parse_field(function)
    slope = f.gradient(*at)
    for key, sign in (("gradient", 1), ("downhill", -1)):
        arrow = artists[key]
        way = np.array([arrow.U[0], arrow.V[0]])
        assert way / np.hypot(*way) == pytest.approx(sign * slope / np.hypot(*slope))
        assert arrow.get_offsets()[0] == pytest.approx(at)
    for n, name in enumerate("xy"):
        x, y = artists[f"tangent/{name}"].get_data()
        assert (y[-1] - y[0]) / (x[-1] - x[0]) == pytest.approx(slope[n])
        t, values = artists[f"slice/{name}"].get_data()
        shown = np.isfinite(values)
        along = (t, at[1]) if n == 0 else (at[0], t)
        np.testing.assert_allclose(values[shown], f(*along)[shown])
    degrees, slopes = artists["directions"].get_data()
    np.testing.assert_allclose(slopes, [slope @ direction(np.radians(d)) for d in degrees])
    (((top_x, _), (_, top)),) = artists["peak"].get_segments()
    assert top == pytest.approx(slopes.max(), rel=1e-3)
    assert degrees[slopes.argmax()] == pytest.approx(top_x, abs=2)


def test_the_contour_line_through_p_stands_at_a_right_angle_to_the_gradient(figure):
    artists = drawn(figure)
    (path,) = artists["contour"].get_paths()
    near = path.vertices[np.hypot(*(path.vertices - [1, 1]).T) < 0.08]
    along = np.linalg.svd(near - near.mean(axis=0))[2][0]
    assert abs(along @ [3, 5]) / np.hypot(3, 5) < 0.02


@pytest.mark.parametrize(
    ("function", "at"),
    [
        ("x^2 + x*y + 2*y^2", (1, 1)),
        ("sin(x)cos(y)", (-0.5, 0.7)),
        ("x^2 - y^2", (-1, 0.5)),
        ("-x^2 - y^2", (1, 1)),
    ],
)
def test_the_name_of_p_stands_off_the_arrows_and_its_contour_line(figure, function, at):
    f = parse_field(function)
    z, slope = float(f(*at)), np.array(f.gradient(*at))
    way = figure("partial_derivative").between(f, np.array(at), 2.0, z, slope)
    assert abs(way @ slope) / np.hypot(*slope) == pytest.approx(np.sqrt(0.5))
    other = -way
    assert abs(float(f(*(at + 0.2 * way))) - z) > abs(float(f(*(at + 0.2 * other))) - z)


@pytest.mark.parametrize("function", ["x^2 - y^2", "exp(-x^2-y^2)", "7"])
def test_at_a_level_point_there_is_no_arrow(figure, function):
    artists = drawn(figure, function, (0, 0))
    assert "gradient" not in artists
    assert not artists["directions"].get_ydata().any()


@pytest.mark.parametrize(("language", "word"), [("en", "slope by direction"), ("ko", "방향별 기울기")])
def test_both_languages_and_themes(figure, language, word):
    for theme in ("paper", "dark"):
        with style(theme, language):
            artists = drawn(figure, language=language)
        assert word in [text.get_text() for text in page(artists, "partial_derivative").findobj(Text)]
    told = figure("partial_derivative").caption(
        function=parse_field("xy"), at_x=2.0, at_y=3.0, reach=1.0, language=language
    )
    assert "3" in told
    assert "2" in told
    assert "3.606" in told


def test_where_there_is_no_slope_nothing_is_drawn(figure):
    with pytest.raises(UsageError, match="no value at \\(0, 0\\)"):
        drawn(figure, "1/x", (0, 0))
    with pytest.raises(UsageError, match="no slope along both axes"):
        drawn(figure, "|x| + y", (0, 1))
