-- What recognisers heard in segments, and which of them there are.

alter table training.segment
  -- What was heard: {"model", "language", "odd", "probability"?, "changed"}. Odd: another language than that of the dataset.
  add column heard jsonb,
  -- The job that heard it last. What it has heard it does not hear again, whoever goes on with it.
  add column heard_by uuid;

create table training.recogniser (
  name text primary key,
  -- Tags without regions.
  languages text[] not null,
  -- Numbers in its tensors: the more, the better it hears, and the longer it takes.
  parameters bigint not null,
  -- When a worker that has it last said so.
  seen_at timestamptz not null default clock_timestamp()
);

-- It asks for more now.
drop function if exists training.source_fault(uuid, text);
