-- What a dataset is worth: its figures, what keeps a run from beginning, and what would make it better.

-- Seconds of accepted speech from which a run can begin; from less no voice can be told.
create or replace function training.least_seconds() returns double precision
language sql immutable as $$ select 60::double precision $$;

-- How many accepted segments there must be, and how many of them with words of their own: a run keeps some to measure itself with.
create or replace function training.least_segments() returns int
language sql immutable as $$ select 10 $$;

create or replace function training.least_texts() returns int
language sql immutable as $$ select 5 $$;

-- Why no run can begin on a dataset, in sentences that say what to do; empty where one can.
create or replace function training.dataset_blockers(p_dataset training.dataset) returns jsonb
language plpgsql stable as $$
declare
  files record;
  segments record;
begin
  select count(*) as total, count(*) filter (where f.state <> 'refused') as usable into files
  from training.file f where f.dataset_id = p_dataset.id;
  select count(*) as total, count(*) filter (where s.state = 'accepted') as accepted,
    count(*) filter (where s.state = 'pending') as pending, count(*) filter (where s.state = 'rejected') as rejected,
    coalesce(sum(s.end_seconds - s.start_seconds) filter (where s.state = 'accepted'), 0) as seconds,
    count(distinct lower(s.text)) filter (where s.state = 'accepted') as texts
  into segments from training.segment s where s.dataset_id = p_dataset.id;
  return case
    when p_dataset.step is not null then jsonb_build_array(format('The step `%s` is under way. Wait for it to end.', p_dataset.step))
    when files.total = 0 then jsonb_build_array('There are no recordings. Send some with `dataset/upload` or `dataset/import`.')
    when files.usable = 0 then jsonb_build_array('None of the recordings can be read. `dataset/files?kind=files` says why; send others.')
    when segments.total = 0 then jsonb_build_array('The recordings have not been cut into segments yet, or nobody speaks in them. Begin with `dataset/segment`.')
    when segments.rejected = segments.total then jsonb_build_array(
      'All segments are rejected. `dataset/files?kind=segments` says why; take some back, or record in a quieter place.')
    when segments.accepted = 0 then jsonb_build_array(
      'No segment has words. Give them with `dataset/transcribe`, or write them.')
    when segments.seconds < training.least_seconds() then jsonb_build_array(format(
      '%s s of speech with words are accepted; a voice needs %s s at least. Add recordings%s.', round(segments.seconds),
      training.least_seconds(), case when segments.pending > 0 then format(', or words to the %s segments that have none', segments.pending)
        else '' end))
    when segments.accepted < training.least_segments() then jsonb_build_array(format(
      '%s segments are accepted; %s are needed at least. Cut the recordings into shorter ones, or add some.', segments.accepted,
      training.least_segments()))
    when segments.texts < training.least_texts() then jsonb_build_array(format(
      'The segments say only %s different things; %s are needed at least. Record other sentences.', segments.texts, training.least_texts()))
    else '[]' end;
end
$$;

-- What would make a dataset better, in sentences.
create or replace function training.dataset_advice(p_dataset training.dataset) returns jsonb
language sql stable as $$
  with own as materialized (
    select s.*, s.end_seconds - s.start_seconds as seconds from training.segment s where s.dataset_id = p_dataset.id
  ), sums as (
    select coalesce(sum(seconds) filter (where state = 'accepted'), 0) as accepted, count(*) as total,
      count(*) filter (where state = 'pending') as pending, count(*) filter (where state = 'rejected') as rejected,
      percentile_cont(0.5) within group (order by (measures ->> 'snr_db')::double precision) filter (where state = 'accepted') as snr_db,
      count(*) filter (where state = 'accepted' and 'duplicate' = any(reasons)) as duplicates
    from own
  )
  select coalesce(jsonb_agg(a.sentence order by a.place), '[]')
  from sums s cross join lateral (values
    (1, case when s.total > 0 and s.pending > 0 then format('%s segments have no words yet.', s.pending) end),
    (2, case when s.accepted > 0 and s.accepted < 600 then format('%s of speech: ten minutes make a good voice, half an hour one for XTTS.',
      case when s.accepted < 120 then round(s.accepted) || ' s' else round(s.accepted / 60) || ' minutes' end) end),
    (3, case when s.rejected * 4 > s.total and s.rejected < s.total then format('%s of %s segments are rejected: look at their reasons.', s.rejected, s.total) end),
    (4, case when s.snr_db < 20 then format('Half of the segments have less than %s dB between speech and noise: record in a quieter place, nearer to the microphone.', round(s.snr_db::numeric, 0)) end),
    (5, case when s.duplicates > 0 then format('%s accepted segments say or sound the same as another.', s.duplicates) end),
    (6, case when p_dataset.phones -> 'missing' <> '[]' then format('These sounds of the language are missing: %s. Prompts have them all.',
      (select string_agg(m, ' ') from jsonb_array_elements_text(p_dataset.phones -> 'missing') m)) end)
  ) a(place, sentence)
  where a.sentence is not null
$$;

-- Middle and spread (one standard deviation) of figures, or null of none.
create or replace function training.middle(p_figures double precision[]) returns jsonb
language sql immutable as $$
  select case when count(f) > 0 then jsonb_build_object(
    'median', round((percentile_cont(0.5) within group (order by f))::numeric, 3),
    'spread', round(coalesce(stddev_samp(f), 0)::numeric, 3)) end
  from unnest(p_figures) f where f is not null
$$;

create or replace function training.quantile(p_figures double precision[], p_share double precision) returns numeric
language sql immutable as $$
  select round((percentile_cont(p_share) within group (order by f))::numeric, 3) from unnest(p_figures) f where f is not null
$$;

create or replace function training.suffices_for(p_seconds double precision) returns jsonb
language sql immutable as $$
  select coalesce(jsonb_agg(u.name order by u.least), '[]')
  from (values ('matching', 60), ('tuned_voice', 180), ('good_tuned_voice', 600), ('xtts', 1800)) u(name, least)
  where p_seconds >= u.least
$$;

-- The figures of what was accepted.
create or replace function training.sound_figures(p_dataset uuid) returns jsonb
language sql stable as $$
  with own as materialized (
    select s.*, s.end_seconds - s.start_seconds as seconds, (s.measures ->> 'snr_db')::double precision as snr_db,
      (s.measures ->> 'loudness_lufs')::double precision as lufs, (s.measures ->> 'bandwidth_hz')::double precision as bandwidth,
      (s.measures ->> 'clipped_percent')::double precision as clipped
    from training.segment s where s.dataset_id = p_dataset and s.state = 'accepted'
  ), arrays as (
    select array_agg(seconds) as seconds, array_agg(snr_db) as snr_db, array_agg(lufs) as lufs, array_agg(bandwidth) as bandwidth,
      array_agg(length(text) / seconds) as rate, avg(clipped) as clipped, coalesce(sum(seconds), 0) as accepted
    from own
  )
  select jsonb_build_object(
    'snr_db', case when training.quantile(a.snr_db, 0.5) is not null then jsonb_build_object(
      'median', training.quantile(a.snr_db, 0.5), 'p10', training.quantile(a.snr_db, 0.1)) end,
    'loudness_lufs', training.middle(a.lufs), 'clipped_percent', round(a.clipped::numeric, 4),
    'bandwidth_hz', training.quantile(a.bandwidth, 0.5), 'characters_per_second', training.middle(a.rate),
    'seconds', jsonb_build_object(
      'total', (select round(coalesce(sum(s.end_seconds - s.start_seconds), 0)::numeric, 3) from training.segment s where s.dataset_id = p_dataset),
      'accepted', round(a.accepted::numeric, 3), 'median', training.quantile(a.seconds, 0.5),
      'p5', training.quantile(a.seconds, 0.05), 'p95', training.quantile(a.seconds, 0.95)),
    'suffices_for', training.suffices_for(a.accepted),
    'duplicates', (select jsonb_build_object(
        'samples', count(*) filter (where o.sound is not null) - count(distinct o.sound),
        'texts', count(*) filter (where o.words is not null) - count(distinct o.words))
      from (select measures ->> 'sha256' as sound, lower(regexp_replace(text, '[^[:alnum:]]+', ' ', 'g')) as words from own) o))
  from arrays a
$$;

-- What a dataset is worth.
create or replace function api.dataset_stats(p_caller api.credentials, p_dataset text) returns api.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller api.caller := api.admit(p_caller, 'read');
  dataset training.dataset;
  blockers jsonb;
  counts jsonb;
begin
  if caller.status is not null then
    return api.refused(caller);
  end if;
  dataset := training.own_dataset(caller, p_dataset);
  if dataset.id is null then
    return training.no_dataset(caller);
  end if;
  blockers := training.dataset_blockers(dataset);
  select jsonb_build_object('transcripts', jsonb_build_object(
      'given', count(*) filter (where s.text_source = 'given'), 'prompts', count(*) filter (where s.text_source = 'prompts'),
      'whisper', count(*) filter (where s.text_source = 'whisper'), 'remote', count(*) filter (where s.text_source = 'remote'),
      'pocketsphinx', count(*) filter (where s.text_source = 'pocketsphinx'),
      'edited', count(*) filter (where s.text_source = 'edited'), 'missing', count(*) filter (where s.text is null)))
  into counts from training.segment s where s.dataset_id = dataset.id;
  return api.ok(caller, 200, (training.dataset_body(dataset) - 'accepted_seconds') || training.sound_figures(dataset.id) || counts
    || jsonb_build_object('revision', dataset.revision,
      'version', (select max(v.number) from training.version v where v.dataset_id = dataset.id),
      'rejected', (select coalesce(jsonb_object_agg(r.reason, r.times), '{}') from (
        select unnest(s.reasons) as reason, count(*) as times from training.segment s
        where s.dataset_id = dataset.id and s.state = 'rejected' group by 1) r),
      'speakers', (select count(distinct coalesce(f.speaker, '')) from training.file f
        where f.dataset_id = dataset.id and f.state = 'ready'),
      'languages', training.languages(dataset), 'phones', dataset.phones,
      'ready', blockers = '[]', 'blockers', blockers, 'advice', training.dataset_advice(dataset)));
end
$$;

grant execute on function api.dataset_stats to kiskadee_training;
