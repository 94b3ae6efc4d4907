"""The dashboards, one for each audience. `python infra/grafana/dashboards.py` writes them; a test compares what is committed.

A test also sees that each query parses, that each metric in one is declared, and that each declared metric is on some panel.
"""

import json
from pathlib import Path

from panels import Dashboard, graph, quantiles, stat

HERE = Path(__file__).resolve().parent

GOOD_FROM_ONE = (("red", None), ("green", 1))
WARN_FROM_ONE = (("green", None), ("orange", 1))
BAD_FROM_ONE = (("green", None), ("red", 1))
NOT_SPEECH = 'endpoint!~".*(speech|audio|download|events).*"'
ERRORS = 'sum(rate(http_requests_total{status=~"5..",endpoint!="/ready"}[$__rate_interval]))'
REQUESTS = 'sum(rate(http_requests_total{endpoint!="/ready"}[$__rate_interval]))'

ON_CALL = Dashboard(
    "kiskadee",
    "Kiskadee: on call",
    "What needs attention now, and what the promises have left. From here to the dashboard of the part that is ill.",
    (
        ("Now", (
            stat("Workers alive", "max(workers_alive)", steps=GOOD_FROM_ONE),
            stat("Jobs queued", "sum(queue_depth)"),
            stat("Longest wait", "max(queue_oldest_job_seconds)", "s", (("green", None), ("orange", 60), ("red", 300))),
            stat("Errors", f"{ERRORS} / {REQUESTS}", "percentunit", (("green", None), ("orange", 0.01), ("red", 0.05))),
            stat("Dead jobs", "max(queue_dead_jobs)", steps=WARN_FROM_ONE),
            stat("Since the leader measured", "time() - max(fleet_measured_timestamp_seconds)", "s", (("green", None), ("red", 120)),
                 "Older than two minutes: nobody does the chores."),
            stat("Lost jobs", "max(queue_stranded_jobs)", steps=BAD_FROM_ONE, says="Must be zero, always."),
            stat("Webhook due since", "max(webhook_oldest_seconds)", "s", (("green", None), ("orange", 300), ("red", 900))),
            stat("Sessions of Postgres", "sum(postgres_connections) / max(postgres_max_connections)", "percentunit",
                 (("green", None), ("orange", 0.7), ("red", 0.85))),
            stat("Oldest transaction", "max(postgres_oldest_transaction_seconds)", "s", (("green", None), ("orange", 300), ("red", 900))),
            stat("Free space for results", "min(worker_storage_free_bytes)", "bytes", (("red", None), ("orange", 5e9), ("green", 2e10))),
            stat("Last backup", "time() - max(backup_last_success_timestamp_seconds)", "s", (("green", None), ("orange", 93600), ("red", 172800)),
                 "Empty where none was ever made."),
            stat("Passwords are tried", "max(sign_in_alarm)", steps=BAD_FROM_ONE),
        )),
        ("Promises", (
            graph("Budget burnt, over an hour", ("slo:error_ratio:rate1h / on (slo) (1 - slo:objective)", "{{slo}}"), width=12,
                  says="1 uses the budget of a month up in a month; at 14.4 somebody is woken."),
            graph("Budget burnt, over three days", ("slo:error_ratio:rate3d / on (slo) (1 - slo:objective)", "{{slo}}"), width=12),
        )),
        ("Requests", (
            graph("Requests by status", ("sum by (status) (rate(http_requests_total[$__rate_interval]))", "{{status}}"), unit="reqps"),
            quantiles("Latency outside speech", "api_latency_seconds", selector=f"{{{NOT_SPEECH}}}", width=8),
            quantiles("Size of requests", "http_request_size_bytes", unit="bytes", width=8),
            quantiles("Size of answers", "http_response_size_bytes", unit="bytes", width=8, says="Before they are compressed; streams are not counted."),
            graph("Refused for a bound of the edge", ("sum by (reason) (rate(http_admission_refused_total[$__rate_interval]))", "{{reason}}"),
                  unit="reqps", says="Too many at once: of all, of one address or of one caller."),
            graph("Refused", ('sum by (status) (rate(http_requests_total{status=~"429|503"}[$__rate_interval]))', "{{status}}"), unit="reqps",
                  says="429: a client sends too much. 503: the system is full, or away."),
            graph("Refused for the rate, by class", ("sum by (class) (rate(http_rate_limited_total[$__rate_interval]))", "{{class}}"), unit="reqps",
                  width=12),
            graph("Work refused, by reason", ("sum by (reason) (rate(queue_admission_refused_total[$__rate_interval]))", "{{reason}}"), unit="reqps",
                  width=12),
            graph("Busiest endpoints",
                  ("topk(10, sum by (method, endpoint) (rate(http_requests_total[$__rate_interval])))", "{{method}} {{endpoint}}"),
                  unit="reqps", width=12),
            graph("Slowest endpoints",
                  ("topk(10, histogram_quantile(0.95, sum by (le, method, endpoint) (rate(api_latency_seconds_bucket[$__rate_interval]))))",
                   "{{method}} {{endpoint}}"), unit="s", width=12),
        )),
        ("Security", (
            graph("Passwords, right and wrong", ("sum by (outcome) (rate(sign_ins_total[$__rate_interval]))", "{{outcome}}"), unit="ops", width=12),
            graph("What people changed", ("sum by (action) (increase(security_events_total[$__rate_interval]))", "{{action}}"), width=12,
                  says="Keys made and revoked, passwords, roles: `kiskadee admin audit` names who."),
        )),
    ),
)

QUEUE = Dashboard(
    "kiskadee-queue",
    "Kiskadee: queue and workers",
    "What waits, how long, for whom; what the workers do; what is sent to others when it is done.",
    (
        ("Waiting", (
            graph("Jobs waiting", ("sum by (queue) (queue_depth)", "{{queue}}"), stacked=True),
            graph("Age of the oldest job", ("max by (queue) (queue_oldest_job_seconds)", "{{queue}}"), unit="s"),
            graph("Seconds of work waiting", ("sum by (queue) (queue_cost_waiting) / sum by (queue) (queue_cost_per_second)", "{{queue}}"), unit="s",
                  says="The cost that waits over what the live workers get through in a second."),
            graph("Wait until the start", ("histogram_quantile(0.99, sum by (le, priority) (rate(queue_wait_seconds_bucket[$__rate_interval])))",
                                           "{{priority}} 99 %"),
                  ("histogram_quantile(0.5, sum by (le, priority) (rate(queue_wait_seconds_bucket[$__rate_interval])))", "{{priority}} median"),
                  unit="s"),
            graph("Waiting for something else", ("max(queue_waiting_jobs)", "for other jobs"), ("max(queue_scheduled_jobs)", "for their time")),
            graph("Paused", ("max by (queue) (queue_paused)", "{{queue}}")),
        )),
        ("Running", (
            graph("Jobs running", ("sum by (queue) (queue_running_jobs)", "{{queue}}"), ("max(worker_slots)", "slots")),
            graph("Attempts by their end", ("sum by (outcome) (rate(queue_attempts_total[$__rate_interval]))", "{{outcome}}"), unit="ops"),
            graph("Share of attempts that fail",
                  ('sum by (queue) (rate(queue_attempts_total{outcome=~"error|failed|crash|timeout"}[$__rate_interval]))'
                   " / sum by (queue) (rate(queue_attempts_total[$__rate_interval]))", "{{queue}}"), unit="percentunit"),
            graph("Taken back", ("sum by (reason) (increase(queue_rescues_total[$__rate_interval]))", "{{reason}}")),
            quantiles("Time of a claim", "queue_claim_seconds", width=8),
            quantiles("Jobs of a claim", "queue_claim_jobs", unit="short", width=8),
        )),
        ("Workers", (
            graph("Wanted", ("sum by (pool) (workers_wanted)", "{{pool}}"), ("max(workers_alive)", "alive"),
                  says="What the work that waits and runs asks of each pool."),
            graph("Workers", ("max(workers_alive)", "alive"), ('sum by (version) (build_info{component="worker"})', "version {{version}}")),
            graph("Load of their machines", ("max by (worker) (worker_load_average)", "{{worker}}")),
            graph("Lateness of the slowest loop", ("max by (worker) (worker_loop_age_seconds)", "{{worker}}"), unit="s"),
            graph("Clock ahead of the database", ("max by (worker) (worker_clock_skew_seconds)", "{{worker}}"), unit="s"),
            graph("Changes of the lead", ("increase(queue_leader_changes_total[1h])", "in an hour")),
            graph("Free space for results", ("min by (worker) (worker_storage_free_bytes)", "{{worker}}"), unit="bytes"),
        )),
        ("Backups", (
            graph("Age", ("time() - max(backup_last_success_timestamp_seconds)", "of the last"),
                  ("time() - max(backup_verified_timestamp_seconds)", "of the last that was verified"), unit="s", width=12),
            graph("Size of the last", ("max(backup_size_bytes)", "database and objects"), unit="bytes", width=12),
        )),
        ("Webhooks", (
            graph("Attempts by what followed", ("sum by (outcome) (rate(webhook_attempts_total[$__rate_interval]))", "{{outcome}}"), unit="ops"),
            quantiles("Time of an attempt", "webhook_attempt_seconds", width=8),
            graph("Messages", ("max(webhook_waiting_messages)", "waiting"), ("max(webhook_parked_messages)", "given up"),
                  ("max(webhook_oldest_seconds)", "seconds past their time")),
        )),
    ),
)

SPEECH = Dashboard(
    "kiskadee-speech",
    "Kiskadee: speech and engines",
    "How fast speech is made, how good, and by what.",
    (
        ("Speed", (
            quantiles("Time to make audio", "audio_generation_duration_seconds", "engine", width=8),
            quantiles("Time to make audio over its length", "tts_real_time_factor", "engine", unit="short", width=8,
                      says="Below 1 it is made faster than it sounds."),
            graph("Audio made in a second", ("sum by (engine) (rate(audio_seconds_total[$__rate_interval]))", "{{engine}}"), unit="s",
                  says="How many times as fast as real time the whole fleet speaks."),
            graph("Speech jobs", ("sum by (engine, language) (rate(tts_jobs_created_total[$__rate_interval]))", "{{engine}} {{language}}"), unit="ops"),
            graph("Speech jobs ended", ("sum(rate(tts_jobs_completed_total[$__rate_interval]))", "completed"),
                  ("sum(rate(tts_jobs_failed_total[$__rate_interval]))", "failed"),
                  ("sum(rate(rvc_conversion_total[$__rate_interval]))", "voice conversions"), unit="ops"),
            quantiles("Time to the first audio", "tts_time_to_first_audio_seconds", "engine", width=8,
                      says="From when a job is given to its engine; the wait before is not in it."),
            quantiles("Size of audio", "audio_file_size_bytes", unit="bytes", width=8),
            graph("First audio of live speech",
                  ('histogram_quantile(0.95, sum by (le) (rate(api_latency_seconds_bucket{endpoint="/v1/audio/speech"}[$__rate_interval])))', "95 %"),
                  unit="s", says="The head of the answer waits for the first audio."),
        )),
        ("Quality", (
            graph("Passages spoken a second time", ("sum by (engine, reason) (rate(tts_retakes_total[$__rate_interval]))", "{{engine}} {{reason}}"),
                  unit="ops"),
            graph("Passages with a fault", ("sum by (engine, reason) (rate(tts_faulty_passages_total[$__rate_interval]))", "{{engine}} {{reason}}"),
                  unit="ops"),
            graph("Processes started again", ("sum by (engine) (increase(tts_engine_restarts_total[$__rate_interval]))", "{{engine}}")),
        )),
        ("Devices", (
            graph("Device memory", ("gpu_memory_usage_bytes", "{{worker}} {{device}}"), ("gpu_memory_total_bytes", "{{worker}} {{device}} in all"),
                  unit="bytes"),
            graph("Device utilization", ("gpu_utilization_percent", "{{worker}} {{device}}"), unit="percent"),
            graph("Power", ("gpu_power_watts", "{{worker}} {{device}}"), unit="watt"),
            graph("Temperature", ("gpu_temperature_celsius", "{{worker}} {{device}}"), unit="celsius"),
            graph("Clock", ("gpu_sm_clock_hertz", "{{worker}} {{device}}"), unit="hertz"),
            graph("Slowed down, and errors of memory", ("gpu_throttled", "{{worker}} {{device}} {{reason}}"),
                  ("gpu_ecc_errors_total", "{{worker}} {{device}} errors")),
            graph("Cache hits", ("sum by (cache) (rate(cache_hits_total[$__rate_interval])) / (sum by (cache) (rate(cache_hits_total[$__rate_interval]))"
                                 " + sum by (cache) (rate(cache_misses_total[$__rate_interval])))", "{{cache}}"), unit="percentunit"),
        )),
    ),
)

TRAINING = Dashboard(
    "kiskadee-training",
    "Kiskadee: voice training",
    "Runs that train voices, and what they take from everything else.",
    (
        ("Runs", (
            graph("Runs that ended", ("sum by (engine, state) (increase(training_runs_total[$__range]))", "{{engine}} {{state}}"), width=8),
            graph("Steps a second", ("sum by (engine) (rate(training_steps_total[$__rate_interval]))", "{{engine}}"), width=8),
            quantiles("Time of a step", "training_step_seconds", "engine", width=8),
        )),
        ("Their queue", (
            graph("Jobs waiting", ('sum by (queue) (queue_depth{queue=~"training:.*"})', "{{queue}}")),
            graph("Jobs running", ('sum by (queue) (queue_running_jobs{queue=~"training:.*"})', "{{queue}}")),
            graph("Attempts by their end", ('sum by (queue, outcome) (increase(queue_attempts_total{queue=~"training:.*"}[$__rate_interval]))',
                                            "{{queue}} {{outcome}}")),
        )),
        ("Beside speech", (
            graph("Device utilization", ("gpu_utilization_percent", "{{worker}} {{device}}"), unit="percent", width=12),
            graph("Files of datasets and voices", ("max by (family) (storage_file_bytes)", "{{family}}"), unit="bytes", width=12),
        )),
    ),
    since="now-24h",
)

POSTGRES = Dashboard(
    "kiskadee-postgres",
    "Kiskadee: Postgres",
    "The database as the leader measures it every quarter of a minute.",
    (
        ("Sessions and transactions", (
            graph("Sessions", ("sum by (state) (postgres_connections)", "{{state}}"), ("max(postgres_max_connections)", "allowed"), stacked=False),
            graph("Transactions", ("sum by (end) (rate(postgres_transactions_total[$__rate_interval]))", "{{end}}"), unit="ops"),
            graph("Oldest transaction", ("max(postgres_oldest_transaction_seconds)", "open for"), unit="s"),
            graph("Transactions since the oldest that is looked at", ("max(postgres_oldest_snapshot_transactions)", "transactions"),
                  says="Rows that were deleted in them cannot be cleaned up."),
            graph("Transactions since the oldest that is not frozen", ("max(postgres_frozen_transactions)", "transactions"),
                  says="Autovacuum keeps it below 200 million; at two thousand million Postgres stops taking writes."),
            graph("Deadlocks", ("increase(postgres_deadlocks_total[1h])", "in an hour")),
        )),
        ("Tables", (
            graph("Dead rows", ("max by (table) (postgres_dead_rows)", "{{table}}")),
            graph("Live rows", ("max by (table) (postgres_live_rows)", "{{table}}")),
            graph("Time since the last vacuum", ("max by (table) (postgres_vacuum_age_seconds)", "{{table}}"), unit="s"),
            graph("Size of tables", ("max by (table) (postgres_table_bytes)", "{{table}}"), unit="bytes"),
            graph("Size of the database", ("max(postgres_database_bytes)", "all of it"), unit="bytes"),
            graph("Days with a partition", ("max(queue_partitions)", "days"), ("(max(queue_partitions_until_timestamp_seconds) - time()) / 86400", "days ahead"),
                  ("max(queue_done_default_rows)", "rows of no day")),
        )),
        ("Disk and memory", (
            graph("Blocks found in memory", ("sum(rate(postgres_block_hits_total[$__rate_interval])) / (sum(rate(postgres_block_hits_total[$__rate_interval]))"
                                             " + sum(rate(postgres_block_reads_total[$__rate_interval])))", "share"), unit="percentunit"),
            graph("Write-ahead log", ("rate(postgres_wal_bytes_total[$__rate_interval])", "written"), unit="Bps"),
            graph("Temporary files", ("rate(postgres_temporary_bytes_total[$__rate_interval])", "written"), unit="Bps"),
        )),
        ("Backups by pgBackRest", (
            graph("Age of the last backup", ("time() - max by (type) (kiskadee_pgbackrest_backup_timestamp_seconds)", "{{type}}"),
                  ("time() - max(kiskadee_pgbackrest_oldest_backup_timestamp_seconds)", "the oldest that is kept"), unit="s"),
            graph("Age of the last segment that left", ("time() - max by (instance) (kiskadee_pgbackrest_wal_archived_timestamp_seconds)", "{{instance}}"),
                  ("time() - max by (instance) (kiskadee_pgbackrest_measured_timestamp_seconds)", "{{instance}}: measured"), unit="s",
                  says="What would be lost with the disk of the database, where there is no standby."),
            graph("Segments that wait", ("max by (instance) (kiskadee_pgbackrest_wal_waiting_segments)", "{{instance}}")),
            graph("Size of the database in the last backup", ("max by (type) (kiskadee_pgbackrest_backup_size_bytes)", "{{type}}"), unit="bytes"),
            stat("Repository", "min(kiskadee_pgbackrest_repository_healthy)", "none", (("red", None), ("green", 1)), says="1 where nothing is wrong with it."),
        )),
        ("Standbys and versions", (
            graph("Standbys", ("max(postgres_replicas)", "connected"), ("max(postgres_replication_lag_seconds)", "seconds behind")),
            graph("Log that is not replayed", ("max(postgres_replication_lag_bytes)", "slowest standby"), unit="bytes"),
            stat("Up", "time() - max(postgres_started_timestamp_seconds)", "s"),
            stat("Schema", "max(schema_version)", "none", says="The last migration, by its number."),
        )),
    ),
    since="now-24h",
)

BUSINESS = Dashboard(
    "kiskadee-business",
    "Kiskadee: use and cost",
    "Who uses the service and how much of it, by month. Nothing here names a person.",
    (
        ("Accounts", (
            stat("Accounts", 'sum(accounts{state="enabled"})'),
            stat("Active within a day", 'max(accounts_active{within="day"})'),
            stat("Active within a week", 'max(accounts_active{within="week"})'),
            stat("Active within a month", 'max(accounts_active{within="month"})'),
            stat("API keys", "max(api_keys)"),
            stat("Disabled", 'sum(accounts{state="disabled"})'),
        )),
        ("Use", (
            graph("Characters by engine and language, in a day", ("sum by (engine, language) (increase(tts_characters_total[1d]))", "{{engine}} {{language}}"),
                  width=12, stacked=True),
            graph("Hours of audio, in a day", ("sum by (engine) (increase(audio_seconds_total[1d])) / 3600", "{{engine}}"), unit="h", width=12,
                  stacked=True),
            graph("Jobs, in a day", ("sum(increase(tts_jobs_completed_total[1d]))", "completed"), ("sum(increase(tts_jobs_failed_total[1d]))", "failed"),
                  width=12),
            graph("Characters of a job", ("sum(increase(tts_characters_total[1d])) / sum(increase(tts_jobs_created_total[1d]))", "on average"), width=12),
        )),
        ("Cost", (
            graph("Slots in use", ("sum(queue_running_jobs) / max(worker_slots)", "share"), unit="percentunit",
                  says="What is paid for and stands idle is the rest."),
            graph("Worker hours for an hour of audio", ("avg_over_time(max(workers_alive)[1d:5m]) * 86400 / sum(increase(audio_seconds_total[1d]))", "hours"),
                  says="Times the price of a worker for an hour, the price of an hour of audio."),
            graph("Kept", ("max(storage_result_bytes)", "results"), ("sum by (family) (storage_file_bytes)", "files of {{family}}"), unit="bytes", stacked=True),
            graph("Files", ("sum by (family) (storage_files)", "{{family}}"), ("max(storage_uploads_open)", "uploads under way"),
                  ("max(storage_discarded_objects)", "to be deleted")),
        )),
    ),
    since="now-30d",
)

DASHBOARDS = {
    "kiskadee": ON_CALL,
    "queue": QUEUE,
    "speech": SPEECH,
    "training": TRAINING,
    "postgres": POSTGRES,
    "business": BUSINESS,
}


def texts() -> dict[str, str]:
    """The files, by name."""
    return {f"{name}.json": json.dumps(dashboard.json(), indent=2, ensure_ascii=False) + "\n" for name, dashboard in DASHBOARDS.items()}


if __name__ == "__main__":
    for name, text in texts().items():
        (HERE / name).write_text(text)
