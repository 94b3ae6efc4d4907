-- Jobs by the page, newest first, without the kinds that are the queue's own business.

create or replace function queue.hidden_kinds() returns text[]
language sql stable as $$
  select array(select k.kind from queue.kind k where k.hidden)
$$;

-- The ids of one page, newest first. Live jobs and finished ones lie in two tables, each indexed by owner and id.
create or replace function queue.page_of_jobs(p_owner uuid, p_before uuid, p_limit int) returns uuid[]
language sql stable
set enable_seqscan = off as $$
  select array_agg(page.id) from (
    (select j.id from queue.job j
      where j.owner = p_owner and j.id < p_before
        and j.kind <> all((select queue.hidden_kinds())::text[]) order by j.id desc limit p_limit)
    union all
    (select d.job_id from queue.done d
      where d.owner = p_owner and d.job_id < p_before
        and d.kind <> all((select queue.hidden_kinds())::text[]) order by d.job_id desc limit p_limit)
    order by id desc
    limit p_limit
  ) page
$$;

-- The same over all owners, for admins.
create or replace function queue.page_of_all_jobs(p_before uuid, p_limit int) returns uuid[]
language sql stable
set enable_seqscan = off as $$
  select array_agg(page.id) from (
    (select j.id from queue.job j where j.id < p_before
        and j.kind <> all((select queue.hidden_kinds())::text[]) order by j.id desc limit p_limit)
    union all
    (select d.job_id from queue.done d
      where d.job_id < p_before
        and d.kind <> all((select queue.hidden_kinds())::text[]) order by d.job_id desc limit p_limit)
    order by id desc
    limit p_limit
  ) page
$$;

-- The caller's jobs, newest first; p_before is the last id of the page before. An admin sees everybody's.
create or replace function api.list_jobs(p_caller api.credentials, p_limit int, p_before uuid default null) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  ids uuid[];
  body jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  ids := case when caller.role = 'admin' then queue.page_of_all_jobs(before, p_limit + 1)
    else queue.page_of_jobs(caller.user_id, before, p_limit + 1) end;
  select jsonb_build_object(
    'items', coalesce(jsonb_agg(b.body order by b.job_id desc), '[]'),
    'next_cursor', case when cardinality(ids) > p_limit then api.wire_id('job', ids[p_limit]) end) into body
  from queue.job_bodies(array(select s from queue.job_states(ids[:p_limit]) s)) b;
  return api.ok(caller, 200, body);
end
$$;

grant execute on function api.list_jobs to kiskadee_speech;
