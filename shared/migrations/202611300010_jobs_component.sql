-- Jobs of every kind and batches of every family belong to a component of their own, which lists them by filters.

-- Roles belong to the cluster, not to the database, so another database of the same cluster may have made it already.
do $$
begin
  create role kiskadee_jobs nologin;
exception when duplicate_object or unique_violation then
  null;
end
$$;

grant usage on schema api to kiskadee_jobs;
grant usage on type api.credentials, api.answer to kiskadee_jobs;

-- An owner's jobs of the kinds that are rare beside single texts, and those that were cancelled: without these a list of
-- them would read all that the owner ever had. Speaking, the bulk of all work, writes neither.
create index job_by_owner_and_rare_kind on queue.job (owner, kind, id) where kind not in ('speech', 'archive');
create index done_by_owner_and_rare_kind on queue.done (owner, kind, job_id) where kind not in ('speech', 'archive');
create index done_cancelled_by_owner on queue.done (owner, job_id) where outcome = 'cancelled';
-- Most batches complete; this finds the others.
create index batch_progress_by_rare_status on queue.batch_progress (status, batch_id) where status <> 'completed';

-- What a list of jobs is narrowed to; null is no filter. Times are compared in the milliseconds that `created_at` shows.
create type queue.job_filter as (
  kind text, status text, batch_id uuid, created_after timestamptz, created_before timestamptz
);

-- What a running job says of its stage is shown with it.
alter type queue.job_state add attribute detail jsonb;

drop function if exists api.list_jobs(api.credentials, int, uuid);
drop function if exists queue.page_of_jobs(uuid, uuid, int);
drop function if exists queue.page_of_all_jobs(uuid, int);
