-- What the steps of datasets need to go on where they were interrupted, bounds that a person set, and who is told when a dataset is ready.

alter table training.dataset
  -- Is told `dataset.ready`.
  add column webhook_url text,
  -- It was ready when that was last looked at: only a change is told.
  add column was_ready boolean not null default false;

-- A person set the bounds: cutting the recording anew keeps the segment.
alter table training.segment add column placed boolean not null default false;

-- What an attempt of a step has done, so that the next one goes on from there. Its objects are accounted for as soon as it is noted.
create table training.step_note (
  job_id uuid not null,
  -- Which part of the step, as its job calls it.
  place text not null,
  note jsonb not null,
  keys text[] not null default '{}',
  primary key (job_id, place)
);

grant select on training.step_note to kiskadee_worker;

-- Its place is taken by `api.begin_download`.
drop function if exists api.download_dataset(api.credentials, jsonb);
-- Its place is taken by `api.change_segment`.
drop function if exists api.edit_segment(api.credentials, uuid, jsonb, jsonb);
