-- People who are renamed and removed.

-- The sources of a person who was removed stay, without a person and without what they told of one: the ledger counts
-- what they brought, and what was removed of it.
alter table source alter column user_id drop not null;

-- A name is composed from now on: what a keyboard types in two ways is one person.
update app_user
set name = normalize(name, nfc)
where name is not nfc normalized and not exists (select from app_user as other where other.name = normalize(app_user.name, nfc));
