-- The way in for a request with a large body, before anything of it is read.

-- Who calls, and one token of the rate; what the request asks for is admitted without a rate afterwards.
create or replace function api.enter(p_caller api.credentials) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  return api.ok_text(caller, 204, null);
end
$$;

grant execute on function api.enter to kiskadee_speech, kiskadee_training, kiskadee_uploads, kiskadee_jobs;
