"""Which process gets which tests: groups stay together, and what takes long comes first."""

from tests.architecture.tree import below, name
from tests.scheduling import GROUP, LONG, group_of, rank


def test_groups_are_found_in_their_files() -> None:
    assert group_of("tests/local/test_supervisor.py") == "supervisor"
    assert group_of("tests/api/test_contract.py") == ""


def test_a_file_is_of_one_group_as_a_whole() -> None:
    for path in below("tests/"):
        if not name(path).endswith("scheduling.py"):
            marks = path.read_text().count("xdist_group")
            assert marks == len(GROUP.findall(path.read_text())) <= 1, name(path)


def test_what_takes_long_comes_first_then_groups() -> None:
    others = ("tests/local/test_supervisor.py", "tests/api/test_contract.py")
    assert [rank(f"{path}::test") for path in (*LONG, *others)] == list(range(len(LONG) + 2))
