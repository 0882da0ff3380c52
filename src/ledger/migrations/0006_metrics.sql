-- What is measured, and what belongs to one trace.

alter table ledger.provisionings
  -- The W3C traceparent of the request that asked for it: whoever works on it without one of its own joins that trace.
  add column trace_parent text check (trace_parent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');

-- What each worker has counted since it started: any server shows it. Nothing depends on it, so a crash may lose it.
create unlogged table ledger.worker_metrics (
  holder text primary key,
  expires_at timestamptz not null,
  metrics jsonb not null
);

-- What is counted whenever somebody asks.
create index provisionings_by_outcome on ledger.provisionings (status, rollback_status);
create index callbacks_by_state on ledger.callbacks (state);
