-- Keys of the API, and the counters that all servers share.

create table ledger.api_keys (
  id text primary key check (id ~ '^[0-9a-f]{12}$'),
  name text not null check (length(name) between 1 and 100),
  role text not null check (role in ('viewer', 'operator', 'admin')),
  -- HMAC-SHA256 of the id, keyed with the secret, which itself is nowhere.
  verifier bytea not null check (length(verifier) = 32),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz,
  -- Exact to a minute.
  last_used_at timestamptz
);

-- What was done with a key names its id for ever, and a revoked key stays revoked.
create function ledger.guard_api_key() returns trigger language plpgsql as $$
begin
  raise exception 'a key of the API is neither deleted nor given back' using errcode = 'check_violation';
end $$;
create trigger never_deleted before delete on ledger.api_keys
  for each row execute function ledger.guard_api_key();
create trigger stays_revoked before update on ledger.api_keys for each row
  when (old.revoked_at is not null and old.revoked_at is distinct from new.revoked_at)
  execute function ledger.guard_api_key();

-- As rate-limiter-flexible wants it, columns in this order. Not logged: a counter need not outlive a crash.
create unlogged table ledger.rate_limits (
  key text primary key,
  points integer not null default 0,
  -- Milliseconds since 1970.
  expire bigint
);
