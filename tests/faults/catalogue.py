"""Every fault that is caused on purpose, by its number; where, or why not.

The numbers are those of the list the tests were written from; 51 to 55 belong to services that are still to come.
Written as a table into docs/guards.md: python -m tests.faults.catalogue
"""

from pathlib import Path
from typing import NamedTuple

from tests.faults.guards import MUTATIONS, ROOT

PAGE = ROOT / "docs" / "guards.md"

_WORKERS = "tests/faults/test_workers.py::test_"
_DATABASE = "tests/faults/test_database.py::test_"
_BROKER = "tests/faults/test_broker.py::test_"
_MESSAGES = "tests/faults/test_messages.py::test_"
_COORDINATOR = "tests/faults/test_coordinator.py::test_"
_GROUP = "tests/consumers/test_group.py::test_"
_TOPICS = "tests/consumers/test_topics.py::test_"
_STORES = "tests/consumers/test_store.py::test_"
_BATCHES = "tests/consumers/test_batch.py::test_"
_BREAKER = "tests/consumers/test_breaker.py::test_"

_IMPORTS = "tests/faults/test_imports.py::test_"
_PUBLISH = "tests/producers/test_publish.py::test_"
_JOBS = "tests/cli/test_jobs.py::TestResuming::"

_KILLED = _WORKERS + "a_worker_killed_at_any_place_of_a_batch_loses_and_doubles_nothing"
_OUT_OF_FILES = _DATABASE + "a_worker_that_may_open_no_more_files_waits_and_goes_on"


class Fault(NamedTuple):
    """A fault, the tests that cause it, and what is left out and why."""

    number: int
    what: str
    tests: tuple[str, ...] = ()
    note: str = ""


FAULTS = [
    Fault(
        1,
        "a worker is killed",
        (
            _WORKERS + "workers_killed_at_random_again_and_again_lose_and_double_nothing",
            _GROUP + "a_worker_that_is_killed_loses_nothing_and_doubles_nothing",
            _WORKERS + "what_a_killed_worker_had_stored_is_not_read_again_and_what_it_had_in_hand_is_one_batch",
        ),
    ),
    Fault(2, "killed after COPY", (_KILLED,)),
    Fault(3, "killed after COMMIT", (_KILLED,)),
    Fault(
        4,
        "frozen until others have its partitions, then thawed",
        (
            _WORKERS + "workers_frozen_before_they_store_find_themselves_fenced_when_they_thaw",
            _GROUP + "a_worker_that_freezes_and_wakes_when_others_have_its_partitions_does_no_harm",
        ),
    ),
    Fault(
        5,
        "frozen inside COPY",
        (_WORKERS + "workers_frozen_before_they_store_find_themselves_fenced_when_they_thaw",),
    ),
    Fault(
        6,
        "frozen with locks in hand",
        (_WORKERS + "a_worker_frozen_with_locks_in_hand_is_freed_of_them_by_the_database",),
    ),
    Fault(
        7,
        "all workers killed at once",
        (_WORKERS + "all_workers_killed_at_once_and_started_again_go_on",),
    ),
    Fault(8, "1, 4, 2, 6 workers under load", (_WORKERS + "workers_come_and_go_while_plays_come_in",)),
    Fault(
        9,
        "SIGTERM in the middle of a batch",
        (_GROUP + "sigterm_ends_a_worker_with_0_and_the_next_one_goes_on_where_it_stopped",),
    ),
    Fault(
        10,
        "a second SIGTERM, SIGINT",
        (_WORKERS + "a_second_signal_ends_a_worker_at_once_and_the_first_one_in_good_order",),
    ),
    Fault(11, "too late to poll", (_WORKERS + "a_worker_that_was_late_to_poll_joins_again",)),
    Fault(
        12,
        "partitions arrive while the database is away",
        (
            _WORKERS + "partitions_that_arrive_while_the_database_is_away_wait_for_it",
            _WORKERS + "without_a_database_a_worker_does_not_start",
        ),
    ),
    Fault(
        13,
        "a callback of the client raises",
        (
            _WORKERS + "a_callback_that_fails_ends_the_worker_and_never_falls_back_on_the_offset_of_kafka",
            _GROUP + "a_worker_that_cannot_take_its_partitions_ends_and_stores_nothing",
        ),
    ),
    Fault(
        14,
        "the database is killed at work, started again",
        (_DATABASE + "a_database_killed_in_the_middle_of_work_costs_nothing",),
    ),
    Fault(
        15,
        "the database is frozen",
        (_DATABASE + "a_database_frozen_for_longer_than_a_session_costs_no_place_in_the_group",),
        "for longer than the session of the group, not for a minute",
    ),
    Fault(
        16,
        "sessions are ended again and again",
        (
            _GROUP + "a_database_that_ends_and_cancels_sessions_delays_plays_but_loses_none",
            _GROUP + "a_batch_that_failed_is_stored_though_no_message_follows_it",
        ),
    ),
    Fault(
        17,
        "the answer to COMMIT is lost",
        (
            _DATABASE + "a_commit_whose_answer_is_lost_is_not_carried_out_twice",
            _DATABASE + "a_job_whose_beginning_was_not_confirmed_is_on_record_once",
        ),
    ),
    Fault(
        18,
        "the way to the database swallows everything",
        (
            _DATABASE + "a_way_that_swallows_everything_is_given_up",
            _DATABASE + "a_connection_cut_again_and_again_delays_plays_but_loses_none",
        ),
        "a proxy that acknowledges and never answers is not noticed by the worker; /readyz tells after 10 s, /livez "
        "after 120 s",
    ),
    Fault(
        19,
        "a table is locked by somebody else",
        (_DATABASE + "a_table_that_somebody_else_has_locked_is_waited_for",),
    ),
    Fault(20, "a deadlock", (_DATABASE + "a_deadlock_is_tried_again",)),
    Fault(
        21,
        "the disk of the database is full",
        (_DATABASE + "a_full_disk_is_waited_for",),
        "by root only, who may mount a small disk; a full disk under the WAL ends the server, which is 14",
    ),
    Fault(
        22,
        "the disk of the broker is full",
        note="a broker ends itself when its only log folder fails: what follows is 28",
    ),
    Fault(
        23,
        "the database comes back from an older backup",
        (_DATABASE + "a_database_that_comes_back_from_an_older_backup_is_brought_up_to_date",),
    ),
    Fault(
        24,
        "the database is read-only",
        (_GROUP + "a_read_only_database_stops_the_worker_and_makes_no_dead_letters",),
    ),
    Fault(
        25,
        "the schema is older, newer, or lacks a column",
        (
            _DATABASE + "a_schema_of_another_version_stops_the_worker_at_its_start",
            _DATABASE + "a_schema_that_lost_a_column_stops_the_worker_and_makes_no_dead_letters",
        ),
    ),
    Fault(26, "a right is taken away", (_DATABASE + "a_right_that_is_taken_away_stops_the_worker",)),
    Fault(
        27,
        "no connection is free",
        (
            _DATABASE + "a_database_without_a_free_connection_is_waited_for",
            _GROUP + "a_worker_outlives_a_database_that_takes_no_connections",
        ),
    ),
    Fault(
        28,
        "the broker is killed",
        (
            _BROKER + "a_broker_killed_and_started_again_costs_nothing",
            _IMPORTS + "an_import_outlives_a_server_that_is_killed_and_started_again",
        ),
    ),
    Fault(
        29,
        "the broker is frozen",
        (
            _BROKER + "a_broker_frozen_for_longer_than_a_session_costs_nothing",
            _BROKER + "a_way_to_the_broker_that_is_cut_slow_or_swallows_costs_nothing",
        ),
    ),
    Fault(
        30,
        "the broker stays away",
        (_BROKER + "a_broker_that_stays_away_bounds_what_a_producer_holds_and_ends_no_worker",),
        "until a producer's queue is full, not for ten minutes",
    ),
    Fault(
        31,
        "the coordinator moves, loads, forgets",
        (_COORDINATOR + "whatever_the_coordinator_answers_no_play_is_lost_or_doubled",),
    ),
    Fault(
        32,
        "retention deletes what was not read",
        (
            _GROUP + "messages_that_kafka_has_deleted_before_they_were_stored_stop_the_worker",
            _GROUP + "a_log_whose_stored_beginning_was_deleted_is_read_on",
        ),
    ),
    Fault(
        33,
        "the stored offset lies beyond the log",
        (_GROUP + "an_offset_beyond_the_end_of_the_log_stops_the_worker",),
    ),
    Fault(
        34,
        "a topic is deleted and recreated",
        (
            _TOPICS + "a_worker_that_starts_after_a_topic_was_recreated_reads_nothing_of_it",
            _TOPICS + "a_worker_notices_that_a_topic_was_recreated_while_it_read",
            _TOPICS + "a_worker_does_not_outlive_its_topic",
        ),
    ),
    Fault(
        35,
        "partitions are added under load",
        (_MESSAGES + "partitions_that_are_added_under_load_are_read_from_their_beginning",),
    ),
    Fault(36, "Kafka's own offsets are wrong", (_GROUP + "what_kafka_has_committed_is_ignored",)),
    Fault(
        37,
        "every message comes twice",
        (_MESSAGES + "plays_that_are_sent_twice_and_shuffled_are_stored_once",),
    ),
    Fault(
        38,
        "messages come in any order",
        (
            _STORES + "any_order_any_batches_and_any_worker_end_in_the_same_tables",
            _MESSAGES + "plays_that_are_sent_twice_and_shuffled_are_stored_once",
        ),
    ),
    Fault(
        39,
        "malformed bytes, no value, tombstones, foreign headers",
        (
            _GROUP + "messages_that_are_no_listens_become_dead_letters_and_their_neighbours_are_stored",
            _BATCHES + "any_bytes_become_rows_or_dead_letters_and_the_counts_add_up",
        ),
    ),
    Fault(
        40,
        "one row that the database refuses",
        (
            _MESSAGES + "one_row_the_database_refuses_costs_few_transactions",
            _GROUP + "one_play_that_the_database_refuses_is_a_dead_letter_and_the_others_are_stored",
        ),
    ),
    Fault(
        41,
        "a flood of bad messages",
        (_BREAKER + "a_flood_of_bad_messages_stops_the_worker_and_nothing_beyond_is_read",),
    ),
    Fault(
        42,
        "the largest message",
        (_MESSAGES + "the_largest_listen_there_can_be_and_the_largest_message_pass",),
        "no listen is too large for a message: its names are bounded",
    ),
    Fault(
        43,
        "another version of the message",
        (_BATCHES + "what_is_no_listen_is_a_dead_letter_with_all_its_bytes_and_its_neighbours_are_stored",),
        "there is no older version yet",
    ),
    Fault(
        44,
        "everybody meets one new artist",
        (_MESSAGES + "everybody_meets_the_same_new_artist_at_once_and_in_opposite_orders",),
    ),
    Fault(
        45,
        "keys in adverse order",
        (
            _STORES + "two_workers_that_store_at_once_never_lock_each_other_out",
            _STORES + "two_workers_that_store_the_same_plays_at_once_never_lock_each_other_out",
            _STORES + "two_workers_that_meet_the_same_rows_never_wait_for_each_other_in_a_circle_whatever_the_plan",
        ),
    ),
    Fault(46, "the clock jumps", (_MESSAGES + "a_clock_that_jumps_moves_no_timer_and_loses_no_play",)),
    Fault(
        47,
        "an import is killed",
        (
            _JOBS + "test_an_import_that_was_killed_continues_after_its_checkpoint",
            _JOBS + "test_killed_at_any_rows_it_still_stores_each_play_once",
        ),
    ),
    Fault(48, "its file has changed since", (_JOBS + "test_a_file_that_has_changed_is_refused",)),
    Fault(
        49,
        "the queue of a producer is full",
        (
            _PUBLISH + "a_full_queue_makes_the_sender_wait_and_loses_nothing",
            _BROKER + "a_broker_that_stays_away_bounds_what_a_producer_holds_and_ends_no_worker",
        ),
    ),
    Fault(
        50,
        "one message of many is refused",
        (_IMPORTS + "of_many_messages_one_that_is_refused_is_told_and_not_counted_as_acknowledged",),
    ),
    Fault(
        56,
        "a password is changed",
        (_DATABASE + "a_password_that_was_changed_stops_the_worker_and_is_not_told_to_the_log",),
        "that of the database; the local broker asks for none",
    ),
    Fault(
        57,
        "two workers with one static name",
        (_COORDINATOR + "of_two_workers_with_one_static_name_the_second_stops",),
    ),
    Fault(
        58,
        "no more files may be opened",
        (_OUT_OF_FILES,),
        "a process that gets no memory ends wherever it is, which is 1",
    ),
    Fault(59, "all of them at random", note="make soak"),
]


def page() -> str:
    """docs/guards.md."""
    guards = [f"| {one.guard} | `{one.file}` | {_linked(one.tests)} |" for one in MUTATIONS]
    faults = [
        f"| {one.number} | {one.what} | {'; '.join(filter(None, [_linked(one.tests), one.note]))} |" for one in FAULTS
    ]
    return "\n".join(
        [
            "# What is proved, and by what",
            "",
            "Written by `python -m tests.faults.catalogue`; a test compares it with the code.",
            "",
            "## Guards",
            "",
            "`make mutants` removes each of these in a copy of the tree; it fails unless the tests beside it turn red.",
            "",
            "| guard | where | red without it |",
            "|---|---|---|",
            *guards,
            "",
            "## Faults",
            "",
            "Each is caused for real, on a real Kafka and a real Postgres; 31 and 50, which are an exact answer of the",
            "broker, on the mock cluster of librdkafka. Then nothing is lost and nothing doubled, the ledger balances,",
            "no entity is there twice, and nobody is behind (`tests/faults/invariants.py`).",
            "",
            "| | fault | test |",
            "|---|---|---|",
            *faults,
            "",
        ]
    )


def _linked(tests: tuple[str, ...]) -> str:
    """The sentences that the names of the tests are, each with a link to its file."""
    return "; ".join(f"[{_sentence(test)}](../{test.partition('::')[0]})" for test in tests)


def _sentence(test: str) -> str:
    return test.rpartition("::test_")[2].replace("_", " ").replace("[", " (").replace("]", ")")


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    Path(PAGE).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
