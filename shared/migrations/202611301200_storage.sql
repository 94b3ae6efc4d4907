-- What lies in the object storage and who accounts for it, and files on their way in.

create schema storage;
grant usage on schema storage to kiskadee_worker;

do $$
begin
  create role kiskadee_uploads nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema api to kiskadee_uploads;
grant usage on type api.credentials, api.answer to kiskadee_uploads;

-- Where objects lie: the first part of their keys, whose they are, and what is asked of them beside the ledger.
create table storage.prefix (
  prefix text primary key check (prefix ~ '^[a-z]+$'),
  family text not null,
  -- `schema.function`, from text[] to setof text: which of some keys must stay, though no row of the ledger says so.
  kept_by text,
  -- `schema.function`, of no arguments: gives up what nobody came back for.
  expired_by text
);

-- The ledger. What has no row here, and that nothing else keeps, is deleted once it is older than any attempt can last.
create table storage.object (
  key text primary key,
  family text not null,
  -- Null: the installation's own.
  owner uuid references account."user" on delete cascade,
  bytes bigint not null default 0 check (bytes >= 0),
  state text not null default 'kept' check (state in ('kept', 'discarded')),
  changed_at timestamptz not null default clock_timestamp()
);

create index object_by_owner on storage.object (owner, family) where state = 'kept';
create index object_discarded on storage.object (changed_at) where state = 'discarded';

-- What families take in by upload. A family without a row takes none.
create table storage.intake (
  family text primary key,
  -- Bytes of one file; and of all that an owner has with the family, on the way in or kept.
  upload_bytes bigint not null check (upload_bytes > 0),
  owner_bytes bigint not null check (owner_bytes >= upload_bytes),
  -- Uploads of an owner at once.
  uploads int not null check (uploads > 0)
);

-- A file on its way in. What a family has taken over has no row here any more.
create table storage.upload (
  id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  family text not null,
  filename text not null,
  bytes bigint not null check (bytes > 0),
  part_bytes int not null check (part_bytes > 0),
  -- As its sender announced it, or as it was found.
  sha256 bytea check (octet_length(sha256) = 32),
  status text not null default 'receiving' check (status in ('receiving', 'checking', 'ready', 'refused')),
  -- Whether the sender has an address at the store itself, to which the whole may come.
  addressed boolean not null default false,
  -- Puts the parts together, or reads what came by the address.
  job_id uuid,
  -- Where the whole lies when it is ready.
  key text,
  refusal text,
  created_at timestamptz not null default clock_timestamp(),
  -- Its time to live begins anew with each part.
  touched_at timestamptz not null default clock_timestamp(),
  check ((status = 'ready') = (key is not null)),
  check ((status = 'refused') = (refusal is not null))
);

create index upload_by_owner on storage.upload (owner, id);
create index upload_by_job on storage.upload (job_id) where job_id is not null;
create index upload_by_touch on storage.upload (touched_at) where status <> 'checking';

create table storage.upload_part (
  upload_id uuid not null references storage.upload on delete cascade,
  number int not null check (number > 0),
  key text not null,
  bytes bigint not null check (bytes > 0),
  sha256 bytea not null check (octet_length(sha256) = 32),
  primary key (upload_id, number)
);

-- The ledger begins with what speech has, and with what it gave up.
insert into storage.object (key, family, owner, bytes)
select r.key, 'speech', r.owner, coalesce(r.bytes, 0) from speech.recording r;
insert into storage.object (key, family, owner)
select v.conditioning_key, 'speech', v.owner from speech.voice v where v.conditioning_key is not null
on conflict do nothing;
insert into storage.object (key, family)
select distinct v.preview_key, 'speech' from speech.voice v where v.preview_key is not null
on conflict do nothing;
insert into storage.object (key, family, state)
select d.key, 'speech', 'discarded' from speech.doomed_object d
on conflict (key) do update set state = 'discarded';

drop function if exists speech.doom(text[]);
drop function if exists speech.doomed_objects(int);
drop function if exists speech.objects_deleted(text[]);
drop table speech.doomed_object;
