-- A run that does not fit into memory waits for others, or goes on with less at once.

alter table training.run
  -- Since when it has been waiting for memory that others hold.
  add column short_since timestamptz,
  -- A step did not fit: from this step on it is made of half the batch, twice as often. The plan has the sizes.
  add column split_from bigint;
