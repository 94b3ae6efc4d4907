-- Requests were once counted by whatever path a caller sent, and such labels stay for good: they fill the series that a metric
-- may have. What is no endpoint of that time is added up as `other`.

-- Nobody folds meanwhile.
select from telemetry.mark for update;

create temporary table known on commit drop as
  select unnest(array[
    '/',
    '/...',
    '/.well-known/jwks.json',
    '/api/v1/advanced/auth/api-key',
    '/api/v1/advanced/auth/api-key/{id}',
    '/api/v1/advanced/auth/token',
    '/api/v1/advanced/batch-csv',
    '/api/v1/advanced/batch-tts',
    '/api/v1/advanced/batch-tts/{id}/cancel',
    '/api/v1/advanced/batch-tts/{id}/download',
    '/api/v1/advanced/batch-tts/{id}/status',
    '/api/v1/advanced/voice-morphing',
    '/api/v1/batches',
    '/api/v1/jobs',
    '/api/v1/jobs/{id}',
    '/api/v1/jobs/{id}/audio',
    '/api/v1/jobs/{id}/cancel',
    '/api/v1/jobs/{id}/events',
    '/api/v1/jobs/{id}/subtitles',
    '/api/v1/jobs/{id}/timestamps',
    '/api/v1/pronunciations',
    '/api/v1/pronunciations/{id}',
    '/api/v1/recordings',
    '/api/v1/recordings/{id}',
    '/api/v1/speech',
    '/api/v1/uploads',
    '/api/v1/uploads/{id}',
    '/api/v1/uploads/{id}/complete',
    '/api/v1/uploads/{id}/parts/{id}',
    '/api/v1/voices',
    '/api/v1/voices/{id}',
    '/api/v1/voices/{id}/preview',
    '/api/v1/webhooks/deliveries',
    '/api/v1/webhooks/deliveries/{id}',
    '/api/v1/webhooks/deliveries/{id}/replay',
    '/api/v1/webhooks/secret',
    '/api/v1/webhooks/secret/rotate',
    '/auth/login',
    '/auth/me',
    '/auth/profile',
    '/auth/register',
    '/clone-voice',
    '/docs',
    '/docs/...',
    '/health',
    '/metrics',
    '/monitoring/...',
    '/monitoring/queue',
    '/monitoring/system',
    '/monitoring/workers',
    '/openapi.json',
    '/postman.json',
    '/ready',
    '/redoc',
    '/redoc/...',
    '/v1/audio/speech',
    '/v1/models',
    'other'
  ]) as endpoint;

create temporary table made_up on commit drop as
  select t.name, t.labels, jsonb_set(t.labels, '{endpoint}', '"other"') as other, t.value, t.counts
  from telemetry.total t
  where t.name in ('http_requests_total', 'api_latency_seconds')
    and not exists (select from known k where k.endpoint = t.labels ->> 'endpoint');

delete from telemetry.total t using made_up m where t.name = m.name and t.labels = m.labels;

with sums as (
  select m.name, m.other, sum(m.value) as value from made_up m group by m.name, m.other
), places as (
  select m.name, m.other, c.place, sum(c.count)::bigint as count
  from made_up m, unnest(m.counts) with ordinality as c(count, place) group by m.name, m.other, c.place
), counts as (
  select p.name, p.other, array_agg(p.count order by p.place) as counts from places p group by p.name, p.other
)
-- As a row of `delta`, for the next fold to add to what `other` has.
insert into telemetry.delta (name, labels, value, counts)
select s.name, s.other, s.value, c.counts from sums s left join counts c on c.name = s.name and c.other = s.other;

update telemetry.delta d set labels = jsonb_set(d.labels, '{endpoint}', '"other"')
where d.name in ('http_requests_total', 'api_latency_seconds')
  and not exists (select from known k where k.endpoint = d.labels ->> 'endpoint');
