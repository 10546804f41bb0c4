"""Files as people had them, kept as they were."""

from pathlib import Path

import pytest

from producers.exports import open_export
from schemas.listen import Listen

CASES = Path(__file__).with_name("cases")


@pytest.mark.parametrize(
    ("name", "plays", "kinds"),
    [
        ("part_cut_at_start", 2, {"Streaming_History_Audio_2022_0.json": "damaged"}),
        ("part_zero_bytes", 2, {"Streaming_History_Audio_2022_0.json": "empty"}),
        ("part_utf16", 3, {}),
        (
            "spotify_account_beside_extended",
            2,
            {"MyData/StreamingHistory_music_0.json": "refused", "MyData/YourLibrary.json": "unrelated"},
        ),
        ("spotify_ansi", 3, {}),
        ("zip64_end_record", 1, {}),
        ("zip64_infozip_stdin", 1, {}),
        ("zip_in_zip_beside_history", 2, {}),
    ],
)
def test_every_play_is_read_and_every_other_file_named(name: str, plays: int, kinds: dict[str, str]) -> None:
    with open_export(CASES / name) as export:
        items = list(export.rows)
        assert all(isinstance(item, Listen) for item in items)
        assert len(items) == plays
        assert {entry.name: entry.kind for entry in export.entries if entry.kind} == kinds
        assert "�" not in str(items)
