-- Recordings that a worker fetches from addresses. Whoever asks declares by what right; the declaration stays with each recording.

-- The dataset of a request that fetches, locked; made where it is not there and a name was told. Or why not.
--
-- p_form: {"dataset", "name"?: how a new one is called, "language"?, "rights", "consent"?}
create or replace function training.for_download(
  p_caller api.caller, p_form jsonb, p_trace text, out dataset training.dataset, out answer api.answer
) language plpgsql as $$
declare
  wanted record;
begin
  if (training.own_dataset(p_caller, p_form ->> 'dataset')).id is null and p_form ->> 'name' is not null then
    insert into training.dataset (id, owner, name, language)
    values (queue.uuid7(), p_caller.user_id, p_form ->> 'name', coalesce(p_form ->> 'language', 'en'))
    on conflict (owner, name) do nothing;
  end if;
  wanted := training.for_step(p_caller, p_form ->> 'dataset');
  dataset := wanted.dataset;
  answer := wanted.answer;
  if answer.status is null then
    update training.dataset d set rights = p_form ->> 'rights',
      consent = coalesce(training.consent_of(p_form ->> 'consent', p_trace), d.consent)
    where d.id = dataset.id returning * into dataset;
  end if;
end
$$;

-- What a job that fetches is told of its owner's declaration, and of the room that is left.
create or replace function training.fetching(p_caller api.caller, p_dataset training.dataset) returns jsonb
language sql stable as $$
  select jsonb_build_object('rights', p_dataset.rights, 'declared_at', api.wire_time(clock_timestamp()),
    'room', 10000 - (select count(*) from training.file f where f.dataset_id = p_dataset.id),
    'room_bytes', (select i.owner_bytes from storage.intake i where i.family = 'training')
      - storage.owned_bytes(p_caller.user_id, 'training'))
$$;

-- Begins to fetch recordings from addresses.
--
-- p_form: as of training.for_download, and {"urls": [...]}; p_malformed as everywhere.
create or replace function api.begin_download(
  p_caller api.credentials, p_form jsonb, p_idempotency_key text, p_request_hash bytea, p_trace text,
  p_malformed jsonb default null
) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'create');
  answer api.answer;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  answer := api.invalid(caller, p_malformed, null);
  if answer.status is not null then
    return answer;
  end if;
  answer := api.replay(caller, p_idempotency_key, p_request_hash);
  if answer.status is not null then
    return answer;
  end if;
  answer := training.begin_fetching(caller, 'download', p_form, p_trace);
  perform api.remember(caller, p_idempotency_key, answer);
  return answer;
end
$$;

-- p_step: `download`, of any addresses, or `fetch`, of one that is to be imported.
create or replace function training.begin_fetching(p_caller api.caller, p_step text, p_form jsonb, p_trace text) returns api.answer
language plpgsql as $$
declare
  wanted record;
  dataset training.dataset;
  answer api.answer;
begin
  wanted := training.for_download(p_caller, p_form, p_trace);
  dataset := wanted.dataset;
  answer := wanted.answer;
  if answer.status is null then
    answer := training.no_room(p_caller, dataset.id, jsonb_array_length(p_form -> 'urls'), 1);
  end if;
  if answer.status is not null then
    return answer;
  end if;
  return training.begin_step(p_caller, dataset, p_step, 200 * jsonb_array_length(p_form -> 'urls'),
    jsonb_strip_nulls(jsonb_build_object('urls', p_form -> 'urls', 'format', p_form ->> 'format'))
      || training.fetching(p_caller, dataset), null, p_trace);
exception when sqlstate 'KQ429' or sqlstate 'KQ503' then
  return api.not_admitted(p_caller, sqlstate);
end
$$;

grant execute on function api.begin_download to kiskadee_training;
