"""What the notes of several workers say about messages that were read again."""

from pathlib import Path

from bench.witness import read_twice


def test_a_message_counts_each_time_it_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("a 0 0 99\na 0 100 149\nb 0 5 5\n")
    (tmp_path / "2").write_text("a 0 140 199\nb 1 0 9\n")
    (tmp_path / "3").write_text("a 0 145 149\na 0 200 209\n")
    assert read_twice(tmp_path) == {("a", 0): 10 + 5, ("b", 0): 0, ("b", 1): 0}
