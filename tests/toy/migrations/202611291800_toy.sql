-- Texts whose words are counted, and the role of the component that takes them in.

create schema toy;

-- Roles belong to the cluster, not to the database, so another database of the same cluster may have made it already.
do $$
begin
  create role kiskadee_toy nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema api to kiskadee_toy;
grant usage on type api.credentials, api.answer to kiskadee_toy;
grant usage on schema toy to kiskadee_worker;

create table toy.text (
  job_id uuid primary key,
  owner uuid not null references account."user" on delete cascade,
  chars int not null,
  taken_at timestamptz not null default clock_timestamp(),
  -- How its job ended, and what that counted; empty until then.
  outcome text check (outcome in ('completed', 'cancelled', 'failed')),
  words int check ((words is not null) = (outcome is not distinct from 'completed')),
  counted_at timestamptz check ((counted_at is null) = (outcome is null))
);
