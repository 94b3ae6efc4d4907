-- What a kind's row (queue.kind) means. The rows stand in the folders of the families.

-- What of a result may leave: all but where its objects lie. A name that ends so is never shown, whatever the kind.
create or replace function queue.public_result(p_result jsonb) returns jsonb
language sql immutable as $$
  select case when jsonb_typeof(p_result) = 'object' then
    p_result - array(select name from jsonb_object_keys(p_result) name where name = 'key' or name like '%\_key')
  else p_result end
$$;

-- The addresses of what one job made.
create or replace function queue.links(p_links jsonb, p_job uuid) returns jsonb
language sql immutable as $$
  select case when p_links = '{}' then p_links
    else replace(p_links::text, '{job}', api.wire_id('job', p_job))::jsonb end
$$;

-- What finished jobs made, as it is shown: each function that shows results is called once, with all that are its.
create or replace function queue.result_bodies(p_states queue.job_state[]) returns table (job_id uuid, result jsonb)
language plpgsql stable as $$
declare
  shown record;
begin
  for shown in
    select k.present, array_agg(s) as states
    from unnest(p_states) s join queue.kind k on k.kind = s.kind
    where s.status = 'completed' and k.present is not null group by k.present
  loop
    return query execute format('select * from %s($1)', shown.present) using shown.states;
  end loop;
  return query
    select s.job_id, queue.public_result(s.result) from unnest(p_states) s left join queue.kind k on k.kind = s.kind
    where s.status = 'completed' and k.present is null;
end
$$;

-- What the event of a job's end says of what it made. Read off the row alone: nothing of a family runs for it, so no family
-- can fail a settlement by how it shows its results.
create or replace function queue.event_fields(p_concluded queue.concluded) returns jsonb
language plpgsql stable as $$
declare
  kind queue.kind;
begin
  select * into kind from queue.kind k where k.kind = p_concluded.kind;
  if not found or p_concluded.outcome <> 'completed' then
    return '{}';
  end if;
  return queue.links(kind.links, p_concluded.job_id) || coalesce((
    select jsonb_object_agg(f.name, p_concluded.result -> f.name) from unnest(kind.event_fields) f(name)), '{}');
end
$$;

-- Counts the jobs that ended for good, each in the counter that its kind names. Grouped before rows are looked up: a settlement
-- of a hundred jobs is of a kind or two.
create or replace function queue.count_ends(p_concluded queue.concluded[]) returns void
language plpgsql as $$
declare
  tally record;
begin
  for tally in
    select case when e.well then k.completed_metric else k.failed_metric end as metric, sum(e.jobs) as jobs
    from (
      select c.kind, c.fate = 'done' as well, count(*) as jobs
      from unnest(p_concluded) c where c.outcome = 'completed' or c.fate = 'dead' group by 1, 2
    ) e join queue.kind k on k.kind = e.kind
    group by 1 order by 1
  loop
    if tally.metric is not null then
      perform telemetry.count(tally.metric, '{}', tally.jobs);
    end if;
  end loop;
end
$$;

-- Tells the families of the ends of their jobs: each function once, with all that are its.
create or replace function queue.call_hooks(p_concluded queue.concluded[]) returns void
language plpgsql as $$
declare
  due record;
begin
  for due in
    select k.on_concluded as hook, array_agg(k.kind) as kinds
    from (select distinct c.kind from unnest(p_concluded) c where c.fate in ('done', 'dead')) e
    join queue.kind k on k.kind = e.kind
    where k.on_concluded is not null
    group by k.on_concluded order by k.on_concluded
  loop
    execute format('select %s($1)', due.hook)
    using array(select c from unnest(p_concluded) c where c.kind = any(due.kinds) and c.fate in ('done', 'dead'));
  end loop;
end
$$;

-- Makes lanes known.
create or replace function queue.know_lanes(p_batch_keys text[]) returns void
language sql as $$
  insert into queue.lane (batch_key) select distinct key from unnest(p_batch_keys) key order by key on conflict do nothing
$$;

grant execute on function queue.public_result, queue.links, queue.event_fields, queue.count_ends, queue.call_hooks
  to kiskadee_worker;
