"""Every guard of "exactly once": how to remove it, and the tests that must turn red then."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

_LOOP = "consumers/listens/loop.py"
_OFFSETS = "consumers/listens/offsets.py"
_STORE = "consumers/listens/store.py"
_BATCH = "consumers/listens/batch.py"
_ENTITIES = "consumers/listens/entities.py"
_SUPERVISOR = "deploy/local/supervisor.py"

_IN_FENCING = "tests/consumers/test_fencing.py::"
_IN_STORES = "tests/consumers/test_store.py::"
_IN_WORKERS = "tests/faults/test_workers.py::"
_IN_DATABASE = "tests/faults/test_database.py::"
_IN_GROUP = "tests/consumers/test_group.py::"
_IN_MESSAGES = "tests/faults/test_messages.py::"
_IN_TOPICS = "tests/consumers/test_topics.py::"
_IN_CONNECTION = "tests/sql/test_connection.py::"
_IN_SESSION = "tests/sql/test_session.py::test_what_a_role_sets_changes_nothing"
_IN_BREAKER = "tests/consumers/test_breaker.py::"
_IN_COORDINATOR = "tests/faults/test_coordinator.py::"
_IN_JOBS = "tests/cli/test_jobs.py::TestResuming::"
_IN_UNDOING = "tests/cli/test_jobs.py::TestUndoing::"
_IN_LOST = "tests/cli/test_lost.py::"
_IN_LETTERS = "tests/cli/test_dead.py::"
_IN_OFFSETS = "tests/cli/test_offsets.py::"
_IN_PUBLISHING = "tests/producers/test_publish.py::"
_IN_STACK = "tests/local/test_up.py::"
_IN_IMPORTS = "tests/faults/test_imports.py::"
_IN_OWNERSHIP = "tests/local/test_ownership.py::"
_IN_PEOPLE = "tests/cli/test_people.py::"
_IN_BATCHES = "tests/consumers/test_batch.py::"

_FENCING = _IN_FENCING + "test_a_zombie_is_fenced_and_stores_nothing"
_CIRCLES = (
    _IN_STORES + "test_two_workers_that_meet_the_same_rows_never_wait_for_each_other_in_a_circle_whatever_the_plan"
)
_FROZEN = _IN_WORKERS + "test_workers_frozen_before_they_store_find_themselves_fenced_when_they_thaw"
_CALLBACK = _IN_WORKERS + "test_a_callback_that_fails_ends_the_worker_and_never_falls_back_on_the_offset_of_kafka"
_AWAY = _IN_WORKERS + "test_partitions_that_arrive_while_the_database_is_away_wait_for_it"
_BACKUP = _IN_DATABASE + "test_a_database_that_comes_back_from_an_older_backup_is_brought_up_to_date"
_FAILED_BATCH = _IN_GROUP + "test_a_batch_that_failed_is_stored_though_no_message_follows_it"
_FENCED_IDLE = _IN_GROUP + "test_a_fenced_worker_goes_on_where_the_partitions_stand_though_no_message_follows"
_ORDER = _IN_STORES + "test_any_order_any_batches_and_any_worker_end_in_the_same_tables"
_LETTERS = _IN_STORES + "test_a_message_that_died_is_kept_once_but_for_a_replay_or_where_nobody_knows_its_source"
_UNREAD = (
    _IN_LETTERS + "test_what_was_sent_again_is_not_missing_before_a_worker_has_read_it_and_a_loss_beside_it_is_found"
)
_REFUSED = _IN_MESSAGES + "test_one_row_the_database_refuses_costs_few_transactions"
_REPEATED = _IN_UNDOING + "test_a_play_that_is_being_noted_as_a_repeat_is_not_lost"
_THREADS = _IN_PUBLISHING + "test_the_threads_of_a_publisher_end_with_it_though_circles_are_not_collected"
_BAD = _IN_BATCHES + "test_what_is_no_listen_is_a_dead_letter_with_all_its_bytes_and_its_neighbours_are_stored"


class Mutation(NamedTuple):
    """A guard removed: in `file`, `before` becomes `after`; then each of `tests` fails."""

    guard: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


MUTATIONS = [
    Mutation(
        "an offset moves only from where this worker believes it (compare and set)",
        "sql/move_offsets.sql",
        "    where consumer_offset.next_offset = expected.expected_offset\n",
        "",
        (_FENCING, _FROZEN),
    ),
    Mutation(
        "a batch of which one partition did not move is rolled back",
        _STORE,
        "        if moved != len(batch.runs):\n",
        "        if not moved:\n",
        (_IN_FENCING + "test_one_fenced_partition_undoes_the_whole_batch",),
    ),
    Mutation(
        "a fenced worker asks anew where its partitions stand",
        _LOOP,
        "                except Fenced:\n                    self._assignment.forget()\n",
        "                except Fenced:\n",
        (_FENCED_IDLE,),
    ),
    Mutation(
        "COPY comes before the first lock: a worker frozen inside it holds nobody up",
        _STORE,
        """            if batch.listens:
                self._copy("staged_listen", copy_data(batch.listens))
            failpoints.reach("copied")
            self._move_offsets(batch)
""",
        """            self._move_offsets(batch)
            if batch.listens:
                self._copy("staged_listen", copy_data(batch.listens))
            failpoints.reach("copied")
""",
        (_FROZEN,),
    ),
    Mutation(
        "a session that idles with locks in hand is ended by the database",
        "sql/session.sql",
        "set_config('idle_in_transaction_session_timeout', '10s', false)",
        "set_config('idle_in_transaction_session_timeout', '0', false)",
        (_IN_WORKERS + "test_a_worker_frozen_with_locks_in_hand_is_freed_of_them_by_the_database",),
    ),
    Mutation(
        "nobody waits for a lock without end",
        "sql/session.sql",
        "set_config('lock_timeout', '10s', false)",
        "set_config('lock_timeout', '0', false)",
        (_IN_DATABASE + "test_a_table_that_somebody_else_has_locked_is_waited_for",),
    ),
    Mutation(
        "artists are inserted in the order of their ids",
        "sql/insert_artists.sql",
        "order by staged.id\n",
        "",
        (f"{_CIRCLES}[artist]",),
    ),
    Mutation(
        "tracks are inserted in the order of their ids",
        "sql/insert_tracks.sql",
        "order by staged.id\n",
        "",
        (f"{_CIRCLES}[track]",),
    ),
    Mutation(
        "listens are inserted in the order of their key",
        _BATCH,
        "    batch.listens.sort()\n",
        "",
        (_IN_STORES + "test_two_workers_that_store_the_same_plays_at_once_never_lock_each_other_out",),
    ),
    Mutation(
        "albums are inserted in the order of their ids",
        "sql/insert_albums.sql",
        "order by staged.id\n",
        "",
        (f"{_CIRCLES}[album]",),
    ),
    Mutation(
        "guests are inserted in the order of their key",
        "sql/insert_guests.sql",
        "order by staged.track_id, staged.artist_id\n",
        "",
        (f"{_CIRCLES}[track_guest]",),
    ),
    Mutation(
        "what sources call them is inserted in the order of its key",
        "sql/insert_foreign_ids.sql",
        "order by entity_id, kind, value, mapped, source_id\n",
        "",
        (f"{_CIRCLES}[foreign_id]",),
    ),
    Mutation(
        "repeats are noted in the order of their key, also by workers that have one import in two partitions",
        "sql/note_repeats.sql",
        "order by staged.user_id, staged.listened_at, staged.track_id, staged.source_id\n",
        "",
        (f"{_CIRCLES}[repeated_listen]",),
    ),
    Mutation(
        "the times of plays are raised in the order of their key",
        "sql/raise_played.sql",
        "    order by user_id, listened_at, track_id\n",
        "",
        (_IN_STORES + "test_the_times_of_plays_are_raised_in_the_order_of_the_key_whatever_the_plan",),
    ),
    Mutation(
        "the fast insert is tried in a savepoint: a repeat costs it alone",
        _STORE,
        "                with self._connection.transaction():  # a savepoint\n",
        "                if True:\n",
        (_IN_STORES + "test_repeats_are_counted_and_stored_once_wherever_they_come",),
    ),
    Mutation(
        "a play that is there already is not stored again",
        "sql/insert_new_listens.sql",
        "    on conflict do nothing\n",
        "",
        (
            _IN_STORES + "test_repeats_are_counted_and_stored_once_wherever_they_come",
            _IN_MESSAGES + "test_plays_that_are_sent_twice_and_shuffled_are_stored_once",
        ),
    ),
    Mutation(
        "a batch begins where the last one ended, and has no gap",
        _OFFSETS,
        "        if messages[0].offset() != expected or messages[-1].offset() != expected + len(messages) - 1:\n",
        "        if False:\n",
        (_IN_MESSAGES + "test_a_batch_that_is_lost_in_the_worker_itself_is_fetched_again",),
    ),
    Mutation(
        "a batch has an end: what a worker has in hand when it is killed is read again",
        "consumers/listens/taking.py",
        """    while len(taken) < limits.rows and size < limits.bytes:
        left = deadline - time.monotonic()
        patience = max(left, 0) if not taken else max(min(left, limits.lull), 0)
        chunk = consumer.consume(min(_CHUNK, limits.rows - len(taken)), patience)
""",
        """    while True:
        left = deadline - time.monotonic()
        patience = max(left, 0) if not taken else max(min(left, limits.lull), 0)
        chunk = consumer.consume(_CHUNK, patience)
""",
        (_IN_WORKERS + "test_what_a_killed_worker_had_stored_is_not_read_again_and_what_it_had_in_hand_is_one_batch",),
    ),
    Mutation(
        "a gap in the log itself stops the worker: placed anew, it would meet the gap for ever",
        _OFFSETS,
        "            if self._gaps.get(place) == (missing, found):\n",
        "            if False:\n",
        (_IN_OFFSETS + "test_a_gap_inside_the_log_stops_the_worker_and_is_passed_by_decision",),
    ),
    Mutation(
        "an offset that is not in the log is an error, not a reason to skip",
        "consumers/listens/start.py",
        'auto_offset_reset="error"',
        'auto_offset_reset="latest"',
        (_IN_GROUP + "test_messages_that_kafka_has_deleted_before_they_were_stored_stop_the_worker",),
    ),
    Mutation(
        "a topic is known by its id at the start",
        _STORE,
        "            raise topic_changed(topic)\n",
        "            continue\n",
        (_IN_TOPICS + "test_a_worker_that_starts_after_a_topic_was_recreated_reads_nothing_of_it",),
    ),
    Mutation(
        "and while it is read",
        "consumers/listens/watch.py",
        "            if found != self.ids[name]:\n",
        "            if False:\n",
        (_IN_TOPICS + "test_a_worker_notices_that_a_topic_was_recreated_while_it_read[classic]",),
    ),
    Mutation(
        "a callback of the client never raises: it would start from Kafka's own offset",
        _OFFSETS,
        "        except:  # noqa: E722 - see above\n",
        "        except ZeroDivisionError:\n",
        (_CALLBACK,),
    ),
    Mutation(
        "a partition is assigned at a number: where its end is would be asked for, and the answer may come too late",
        _OFFSETS,
        "TopicPartition(p.topic, p.partition, 0) for p in partitions",
        "TopicPartition(p.topic, p.partition, confluent_kafka.OFFSET_END) for p in partitions",
        (_IN_GROUP + "test_partitions_are_never_assigned_at_a_place_that_the_broker_is_asked_for",),
    ),
    Mutation(
        "a worker whose callback failed ends: it would look alive and store nothing",
        _OFFSETS,
        "        if self._failure is not None:\n",
        "        if False:\n",
        (_CALLBACK,),
    ),
    Mutation(
        "a worker polls while it waits for the database, and keeps its place in the group",
        _LOOP,
        "            self._consumer.consume(1, seconds)  # everything",
        "            time.sleep(seconds)  # everything",
        (_AWAY,),
    ),
    Mutation(
        "a batch that failed is forgotten and read again",
        _LOOP,
        "        meaning = meaning_of(error)\n        self._assignment.forget()\n",
        "        meaning = meaning_of(error)\n",
        (_FAILED_BATCH,),
    ),
    Mutation(
        "what a worker remembers as stored goes with its connection",
        _LOOP,
        "                self._store = Store(self._database_url)\n            except",
        "                known = self._store.known\n"
        "                self._store = Store(self._database_url)\n"
        "                self._store.known = known\n"
        "            except",
        (_BACKUP,),
    ),
    Mutation(
        "a worker asks its database now and then, also with nothing to store",
        _LOOP,
        "        self._count_letters()\n",
        "        if runs:\n            self._count_letters()\n",
        (_BACKUP,),
    ),
    Mutation(
        "an artist, album or track counts as known only when its rows are committed",
        _STORE,
        "        copies = dict(unseen.copies())\n",
        "        self.known.add(unseen)\n        copies = dict(unseen.copies())\n",
        (f"{_REFUSED}[artist]",),
    ),
    Mutation(
        "a line on which nothing comes back is given up",
        "sql/connection.py",
        "**_DEAD_LINE, ",
        "",
        (
            _IN_CONNECTION
            + "test_a_line_that_is_dead_is_noticed_within_half_a_minute_unless_the_address_says_otherwise",
        ),
    ),
    Mutation(
        "text travels as UTF-8, whatever a role, a database or the environment sets",
        "sql/connection.py",
        ', "client_encoding": "UTF8"',
        "",
        (f"{_IN_SESSION}[client_encoding]",),
    ),
    Mutation(
        "a database that cannot hold every name is refused",
        "sql/connection.py",
        'if encoding != "UTF8":',
        "if encoding is None:",
        ("tests/sql/test_refusals.py::test_who_is_not_let_in_is_told_why[a database of other letters]",),
    ),
    Mutation(
        "tables are looked for where they are",
        "sql/every_session.sql",
        "    set_config('search_path', 'public', false),\n",
        "",
        (f"{_IN_SESSION}[search_path]",),
    ),
    Mutation(
        "a pool that lends its sessions by transaction is refused",
        "sql/every_session.sql",
        "where pg_backend_pid() = %s",
        "where pg_backend_pid() = %s or true",
        ("tests/sql/test_pooling.py::test_a_pool_that_gives_out_sessions_by_transaction_is_refused",),
    ),
    Mutation(
        "a migration and the note of it are one transaction",
        "sql/one_session.py",
        "        with self.transaction():\n            super()",
        "        if migration:\n            super()",
        ("tests/sql/test_migrate.py::test_one_that_is_killed_leaves_neither_a_lock_nor_half_a_migration",),
    ),
    Mutation(
        "a connection that broke is no play's fault",
        "sql/connection.py",
        'return "unstorable" if isinstance(error, psycopg.DataError) else "gone"',
        'return "unstorable"',
        (_IN_DATABASE + "test_a_connection_cut_again_and_again_delays_plays_but_loses_none",),
    ),
    Mutation(
        "nor is a lock that somebody else holds",
        "sql/connection.py",
        '    "55P03": "again",\n',
        '    "55P03": "unstorable",\n',
        (_IN_DATABASE + "test_a_table_that_somebody_else_has_locked_is_waited_for",),
    ),
    Mutation(
        "a batch with a row that the database refuses is halved until that row stands alone",
        _LOOP,
        '            if meaning_of(error) != "unstorable":\n                raise\n',
        "            raise\n",
        (f"{_REFUSED}[listen]",),
    ),
    Mutation(
        "a client that never ends has its worker ended",
        "consumers/listens/start.py",
        "    signal.setitimer(signal.ITIMER_REAL, seconds)\n",
        "",
        (_IN_WORKERS + "test_a_worker_whose_client_never_ends_is_ended",),
    ),
    Mutation(
        "a worker says that it is not ready while the broker is silent: to the consumer that is a log without messages",
        "consumers/listens/contact.py",
        "if max(silences.values()) > SILENT_SECONDS else None",
        "if False else None",
        ("tests/faults/test_broker.py::test_a_broker_frozen_for_longer_than_a_session_costs_nothing",),
    ),
    Mutation(
        "a worker that buries half of what it reads stops",
        "consumers/listens/breaker.py",
        "        if self._read >= WINDOW and ",
        "        if False and ",
        (_IN_BREAKER + "test_a_flood_of_bad_messages_stops_the_worker_and_nothing_beyond_is_read",),
    ),
    Mutation(
        "a client that has given up ends its worker",
        "schemas/kafka_faults.py",
        " or error.code() == KafkaError._FATAL",
        "",
        (_IN_COORDINATOR + "test_of_two_workers_with_one_static_name_the_second_stops",),
    ),
    Mutation(
        "of several spellings in one batch the best one is kept, not the last one",
        _ENTITIES,
        "        self._tracks[made] = met.merged(before) if before else met\n",
        "        self._tracks[made] = met\n",
        (_ORDER,),
    ),
    Mutation(
        "a play without a source that exists belongs to nobody, and is a dead letter",
        _BATCH,
        "                if not user or ",
        "                if user is None or ",
        (_BAD,),
    ),
    Mutation(
        "a source that was unknown is asked for again with the next batch",
        _STORE,
        " for source, user in self.users.items() if user != NOBODY}",
        " for source, user in self.users.items()}",
        (_IN_STORES + "test_a_source_that_did_not_exist_yet_is_looked_up_again_in_the_next_batch",),
    ),
    Mutation(
        "a name with NUL, which Postgres cannot keep, never reaches it",
        _ENTITIES,
        "        if _ESCAPED_NUL in spelling:\n",
        "        if False:\n",
        (_BAD,),
    ),
    Mutation(
        "a checkpoint lies behind what the broker has acknowledged",
        "producers/jobs/sending.py",
        "        position = self._export.position()\n        self._settle()\n",
        "        position = self._export.position()\n",
        (_IN_JOBS + "test_an_import_that_was_killed_continues_after_its_checkpoint[noted:kill]",),
    ),
    Mutation(
        "an import goes on with the same file only",
        "producers/jobs/importing.py",
        "        if not found.same_content:\n",
        "        if False:\n",
        (_IN_JOBS + "test_a_file_that_has_changed_is_refused",),
    ),
    Mutation(
        "a job that is named is known by its number, whatever its file holds now",
        "sql/earlier_imports.sql",
        "        when %(job)s::integer is not null then source.id = %(job)s\n",
        "        when false then false\n",
        (_IN_JOBS + "test_a_job_that_was_read_to_its_end_is_not_resumed_with_another_file",),
    ),
    Mutation(
        "who names a job gets that one or none, never a new one",
        "producers/jobs/importing.py",
        "    if order.job is not None:\n",
        "    if False:\n",
        (_IN_JOBS + "test_a_job_undone_between_the_asking_and_the_resuming_is_not_begun_anew",),
    ),
    Mutation(
        "an import is done only when the workers have seen all of it",
        "producers/jobs/following.py",
        "            return max(job.accepted - job.stored(), 0)\n",
        "            return 0\n",
        (_IN_LOST + "test_an_import_of_which_kafka_lost_everything_is_a_failure_and_the_same_command_reads_it_anew",),
    ),
    Mutation(
        "an import whose messages an operator may have passed begins anew",
        "sql/earlier_imports.sql",
        "        where verb in ('skip', 'adopt') and decided_at > source.started_at\n",
        "        where false\n",
        (_IN_LOST + "test_an_import_whose_messages_an_operator_may_have_passed_is_read_from_its_beginning",),
    ),
    Mutation(
        "the proof finds an import that is called done and is not",
        "sql/ledger_problems.sql",
        "source.state = 'done' and dealt_with < source.accepted\n",
        "source.state = 'done' and false\n",
        (_IN_LOST + "test_verify_finds_a_job_that_is_called_done_and_is_not",),
    ),
    Mutation(
        "a job whose beginning is tried again is there once",
        "sql/start_import.sql",
        "on conflict (id) do nothing\n",
        "",
        (_IN_DATABASE + "test_a_job_whose_beginning_was_not_confirmed_is_on_record_once",),
    ),
    Mutation(
        "a dead letter is kept once, however often its message is sent",
        "sql/insert_dead_letter.sql",
        "    letter.source_id = 0\n",
        "    true\n",
        (
            _LETTERS,
            _IN_JOBS + "test_a_row_that_died_and_is_sent_twice_is_one_dead_letter_of_the_report[kept]",
        ),
    ),
    Mutation(
        "what a replay sends and dies again is a letter of its own, for that it was made from is marked only then",
        "sql/insert_dead_letter.sql",
        "    or letter.headers <> '[]'\n",
        "",
        (_LETTERS,),
    ),
    Mutation(
        "a letter that another replay has in hand is left to it",
        "sql/lock_letters.sql",
        "for update skip locked\n",
        "",
        (_IN_LETTERS + "test_letters_that_another_replay_holds_are_left_to_it",),
    ),
    Mutation(
        "a letter that another replay has sent since it was chosen is not sent again",
        "sql/lock_letters.sql",
        "    and replayed_at is null\n",
        "",
        (_IN_LETTERS + "test_letters_that_another_replay_has_sent_since_they_were_chosen_are_left_out",),
    ),
    Mutation(
        "a letter of an import that was undone since it was chosen is not sent again",
        "sql/lock_letters.sql",
        "source.state = 'undone')\n",
        "false)\n",
        (_IN_LETTERS + "test_letters_of_an_import_that_was_undone_are_not_sent_again",),
    ),
    Mutation(
        "what was sent again is not missing before a worker has passed it",
        "sql/ledger_problems.sql",
        'coalesce(next_offset, 0) <= "offset"\n',
        "false\n",
        (f"{_UNREAD}[kept]", f"{_UNREAD}[purged]"),
    ),
    Mutation(
        "and stands for nothing once a worker has passed it",
        "sql/ledger_problems.sql",
        ' and coalesce(next_offset, 0) <= "offset"\n',
        "\n",
        (f"{_UNREAD}[kept]",),
    ),
    Mutation(
        "nor once its topic is no more",
        "sql/adopt_partitions.sql",
        "        and letter_copy.topic_id = former.topic_id\n",
        "        and false\n",
        (_IN_LETTERS + "test_what_was_sent_again_into_a_topic_that_is_no_more_is_found_to_be_lost",),
    ),
    Mutation(
        "a message that was refused is no acknowledged one",
        "producers/publish.py",
        "lambda error, _: refused.append(error)",
        "lambda error, _: None",
        (_IN_IMPORTS + "test_of_many_messages_one_that_is_refused_is_told_and_not_counted_as_acknowledged",),
    ),
    Mutation(
        "a Publisher holds whom it tells of its waiting by a weak reference: its client and threads end with it",
        "producers/publish.py",
        "None if silent is None else WeakMethod(silent)\n",
        "None if silent is None else lambda: silent\n",
        (_THREADS,),
    ),
    Mutation(
        "nor is it held itself by the callback of its client",
        "producers/publish.py",
        "lambda error, _: refused.append(error)",
        "lambda error, _: self._refused.append(error)",
        (_THREADS,),
    ),
    Mutation(
        "a worker that notes repeats keeps undo out",
        _STORE,
        '        self._connection.execute(sql.read("lock_out_undo"))\n',
        "",
        (_REPEATED,),
    ),
    Mutation(
        "and undo keeps out workers that note repeats",
        "producers/jobs/undoing.py",
        '        connection.execute(sql.read("lock_for_undo"))\n',
        "",
        (_REPEATED,),
    ),
    Mutation(
        "a worker that died of what may pass is started again",
        _SUPERVISOR,
        "        again = is_retried(code)\n",
        "        again = False\n",
        (_IN_STACK + "test_a_worker_that_is_killed_is_started_again_and_serves_where_it_did",),
    ),
    Mutation(
        "and one that stopped for good is not",
        _SUPERVISOR,
        "        again = is_retried(code)\n",
        "        again = True\n",
        (_IN_STACK + "test_a_worker_that_stopped_for_good_stays_so_and_status_says_why_until_the_next_up",),
    ),
    Mutation(
        "the ledger finds offsets that were passed and not read",
        "sql/ledger_problems.sql",
        "where next_offset - first_offset <> read + skipped\n",
        "where false\n",
        (_IN_STORES + "test_every_kind_of_damage_is_found",),
    ),
    Mutation(
        "the processes of the original are none of its copy's",
        "deploy/local/processes.py",
        "    if is_copied(places.data):\n",
        "    if False:\n",
        (_IN_OWNERSHIP + "test_a_copy_is_a_stack_of_its_own_and_leaves_the_original_alone",),
    ),
    Mutation(
        "a stack never lies among somebody else's files",
        "deploy/local/ownership.py",
        "    if found and not adopt:\n",
        "    if False:\n",
        (_IN_OWNERSHIP + "test_a_folder_that_holds_something_else_is_neither_used_nor_purged",),
    ),
    Mutation(
        "what comes for a person who was removed is nobody's",
        _LOOP,
        "            self._store.forget_users()\n",
        "",
        (_IN_PEOPLE + "test_what_comes_for_a_person_who_was_removed_is_a_dead_letter",),
    ),
]
