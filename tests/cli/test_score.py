"""``derivviz score``, called as a user calls it."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from derivviz.cli.score import command
from derivviz.errors import UsageError


def printed(*words: str) -> str:
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_published_table():
    lines = {line.split()[0]: line.split() for line in printed("--hunger", "6").splitlines() if line.strip()}
    assert lines["pizza"] == ["pizza", "피자", "1.00", "-0.60", "23.04", "2.15", "2.15", "◀"]
    assert lines["chicken"] == ["chicken", "치킨", "1.00", "-0.30", "21.06", "2.05", "2.05"]
    assert lines["hamburger"] == ["hamburger", "햄버거", "1.00", "0.00", "18.00", "1.90", "1.90"]
    assert lines["pasta"] == ["pasta", "파스타", "1.00", "0.30", "13.86", "1.69", "1.69"]
    assert lines["salad"] == ["salad", "샐러드", "1.00", "0.60", "8.64", "1.43", "1.43"]
    assert "x_i" in lines["dish"]
    assert "Recommended: pizza 피자." in printed()
    assert "p = 1 for every dish, as in the published table" in printed()


def test_hunger_changes_the_recommendation():
    assert "Recommended: salad" in printed("--hunger", "0")
    assert "Recommended: hamburger" in printed("--hunger", "3.5")


def test_probabilities_weigh_the_dishes():
    table = printed("--hunger", "2.5", "--probabilities", "0.2, 0.5,0.1,0.1,0.1")
    assert "Recommended: chicken 치킨." in table
    assert "published" not in table


def test_json_has_every_number_in_full():
    answer = json.loads(printed("--hunger", "6", "--json"))
    assert answer["recommended"] == "pizza"
    assert [round(dish["score"], 3) for dish in answer["dishes"]] == [2.152, 2.053, 1.9, 1.693, 1.432]
    assert set(answer["dishes"][0]) == {"dish", "korean", "p", "x", "slope", "factor", "score"}
    assert answer["tied"] == ["pizza"]
    assert answer["predicted"] is None
    weighed = json.loads(printed("--probabilities", "0.2,0.5,0.1,0.1,0.1", "--json"))
    assert weighed["predicted"] == "chicken"
    assert set(weighed) == set(answer)


def test_the_scores_of_the_published_table_are_called_multipliers():
    assert "bare multipliers" in printed()
    assert "Negative factor at this hunger, because f′(x) < −20: pasta, salad." in printed("--hunger", "10")


def test_any_dish_is_explained():
    told = printed("--dish", "치킨")
    assert "chicken: at hunger 6 it stands at x = 4·6/10 − 3 + 0.3·1 = −0.3, where f′(x) = 21.06." in told
    assert "배고픔 6에서" in printed("--lang", "ko")


def test_equal_scores_are_told():
    assert "The same score: pizza, chicken; the first of them is recommended." in printed("--hunger", "4.625")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hunger", "10.5"], "from 0 .* to 10"),
        (["--hunger", "-1"], "from 0 .* to 10"),
        (["--hunger", "nan"], "from 0 .* to 10"),
        (["--probabilities", "1,1"], "2 numbers, and there are 5 dishes"),
        (["--probabilities", "1,x,1,1,1"], "chicken is 'x'"),
        (["--probabilities", "0,0,0,0,1.5"], "salad is 1.5"),
        (["--probabilities", "nan,1,1,1,1"], "pizza is nan"),
        (["--probabilities", "1,1,1,1,1"], "sum to 5.*Divided by their sum they are 0.2,0.2"),
        (["--probabilities", "20,50,10,10,10"], "In percent"),
        (["--dish", "sushi"], "no dish 'sushi'"),
    ],
)
def test_wrong_usage_is_named(words, message):
    with pytest.raises(UsageError, match=message):
        CliRunner().invoke(command, words, catch_exceptions=False)


def test_the_program_ends_with_2_and_loads_no_torch():
    check = (
        "import sys; from derivviz.cli import main; sys.argv = ['derivviz', 'score', '--hunger', '11']\n"
        "try: main()\n"
        "finally: assert not {'torch', 'sympy', 'matplotlib', 'manim'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: Hunger is 11, but it goes from 0")


def test_json_explains_the_dish_that_is_asked_for():
    answer = json.loads(printed("--hunger", "6", "--dish", "salad", "--json"))
    assert (answer["recommended"], answer["explained"]) == ("pizza", "salad")
    assert answer["explanation"]["en"].startswith("salad: ")
    with pytest.raises(UsageError, match="no dish 'nosuch'"):
        printed("--dish", "nosuch", "--json")
