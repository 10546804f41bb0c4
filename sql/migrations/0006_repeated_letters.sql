-- By which a dead letter is found when the same message comes again.

create index dead_letter_content on dead_letter (source_id, sha256(value)) where replayed_at is null;
