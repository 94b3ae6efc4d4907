-- What the queue has of an owner: shown to the owner, and erased when one leaves.

-- Jobs and batches, the oldest first. What waits is shown with what was asked for.
create or replace function queue.export_owner(p_owner uuid, p_after text, p_most int)
returns table (place text, kind text, item jsonb)
language plpgsql stable
set enable_seqscan = off as $$
declare
  after_batch uuid := case when p_after like 'batch/%' then substr(p_after, 7)::uuid
    when p_after is not null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' end;
  after_job uuid := case when p_after like 'job/%' then substr(p_after, 5)::uuid end;
  jobs uuid[];
  given int;
begin
  return query
    select 'batch/' || b.id, 'batch', queue.batch_summary(b, s) || jsonb_build_object(
      'download_url', replace(g.download_path, '{batch}', api.wire_id('batch', b.id)))
    from queue.batch b join queue.batch_progress s on s.batch_id = b.id
    left join queue.group_kind g on g.kind = coalesce(b.kind, 'tts')
    where b.owner = p_owner and b.id > coalesce(after_batch, '00000000-0000-0000-0000-000000000000')
    order by b.id limit p_most;
  get diagnostics given = row_count;
  jobs := array(
    select u.id from (
      (select j.id from queue.job j
        where j.owner = p_owner and uuid_send(j.id) > uuid_send(coalesce(after_job, '00000000-0000-0000-0000-000000000000'))
          and not exists (select from queue.kind k where k.kind = j.kind and k.hidden)
        order by uuid_send(j.id) limit p_most)
      union all
      (select d.job_id from queue.done d
        where d.owner = p_owner and d.job_id > coalesce(after_job, '00000000-0000-0000-0000-000000000000')
          and not exists (select from queue.kind k where k.kind = d.kind and k.hidden)
        order by d.job_id limit p_most)
    ) u order by u.id limit p_most - given);
  return query
    select 'job/' || b.job_id, 'job', b.body
      || case when j.id is null then '{}' else jsonb_build_object('request', queue.public_result(j.args)) end
    from queue.job_bodies(array(select s from queue.job_states(jobs) s)) b
    left join queue.job j on j.id = b.job_id
    order by b.job_id;
end
$$;

-- Deletes finished jobs with what they made. Returns how many there were.
create or replace function queue.erase_done(p_jobs uuid[]) returns int
language plpgsql
set enable_seqscan = off as $$
declare
  found_jobs uuid[];
  keys text[];
begin
  with gone as (
    delete from queue.done d where d.job_id = any(p_jobs) returning d.job_id, d.result
  )
  select array_agg(distinct g.job_id), array_agg(r.value) filter (where r.key ~ '(^|_)key$') into found_jobs, keys
  from gone g left join lateral jsonb_each_text(
    case when jsonb_typeof(g.result) = 'object' then g.result else '{}' end) r on true;
  if found_jobs is null then
    return 0;
  end if;
  perform storage.discard(keys);
  delete from queue.failure f where f.job_id = any(found_jobs);
  return cardinality(found_jobs);
end
$$;

-- Forgets what an owner has who keeps finished work for fewer days than the installation. Returns how many rows went; where it is p_most,
-- there is more. A day that is dropped soon (queue.rotate_partitions) is left to that.
create or replace function queue.forget_early(p_owner uuid, p_days int, p_most int) returns int
language plpgsql
set enable_seqscan = off as $$
declare
  horizon timestamptz := date_trunc('day', clock_timestamp(), 'UTC') - make_interval(days => p_days);
  kept_from uuid := (select queue.uuid7_floor(date_trunc('day', clock_timestamp(), 'UTC')
    - make_interval(days => s.retention_days - 1)) from queue.setting s);
  found_rows int;
  most int := queue.erase_done(array(
    select o.job_id from queue.done o
    where o.owner = p_owner and o.job_id >= kept_from and o.job_id < queue.uuid7_floor(horizon) and o.finished_at < horizon
    order by o.job_id limit p_most));
begin
  delete from queue.batch b where b.id = any(array(
    select o.id from queue.batch o join queue.batch_progress p on p.batch_id = o.id
    where o.owner = p_owner and o.id < queue.uuid7_floor(horizon) and p.pending = 0
      and coalesce(p.finished_at, o.created_at) < horizon order by o.id limit p_most));
  get diagnostics found_rows = row_count;
  perform storage.forget_results(p_owner, (horizon at time zone 'UTC')::date);
  return greatest(most, found_rows);
end
$$;

-- A step of erasing: what failed for good, then what waits and runs, then what is over. What runs ends when its worker lets go of it,
-- so steps that find only such are taken again. A day that is dropped soon (queue.rotate_partitions) is left to that.
create or replace function queue.erase_owner(p_owner uuid, p_most int) returns int
language plpgsql
set enable_seqscan = off as $$
declare
  kept_from uuid := (select queue.uuid7_floor(date_trunc('day', clock_timestamp(), 'UTC')
    - make_interval(days => s.retention_days - 1)) from queue.setting s);
  found_jobs uuid[];
  most int;
begin
  delete from queue.owner_cap c where c.owner = p_owner;
  found_jobs := array(select d.job_id from queue.job j join queue.dead d on d.job_id = j.id
    where j.owner = p_owner limit p_most for update of d);
  if found_jobs <> '{}' then
    delete from queue.failure f where f.job_id = any(found_jobs);
    delete from queue.unique_job u where u.owner = p_owner and u.job_id = any(found_jobs);
    delete from queue.dead d where d.job_id = any(found_jobs);
    delete from queue.job j where j.id = any(found_jobs);
    return cardinality(found_jobs);
  end if;
  found_jobs := array(select j.id from queue.job j where j.owner = p_owner limit p_most);
  if found_jobs <> '{}' then
    perform queue.cancel_waiting(p_owner, found_jobs);
    update queue.lease l set cancel_requested = true
    where l.job_id = any(found_jobs) and not l.cancel_requested;
    return cardinality(found_jobs);
  end if;
  most := queue.erase_done(array(
    select o.job_id from queue.done o where o.owner = p_owner and o.job_id >= kept_from order by o.job_id limit p_most));
  if most > 0 then
    return most;
  end if;
  with gone as (
    delete from queue.batch b where b.id = any(array(
      select o.id from queue.batch o where o.owner = p_owner order by o.id limit p_most))
    returning b.id
  )
  select array_agg(g.id) into found_jobs from gone g;
  delete from queue.owner_lane l where l.owner = p_owner and found_jobs is null;
  return coalesce(cardinality(found_jobs), 0);
end
$$;
