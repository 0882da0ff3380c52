create schema if not exists stripe;
create type stripe.subscription_status as enum ('trialing', 'active', 'past_due', 'canceled');

create table if not exists stripe.customers (
  id text primary key,
  object text,
  email text,
  metadata jsonb,
  livemode bool,
  updated_at timestamptz not null default timezone('utc'::text, now())
);
create table if not exists stripe.subscriptions (
  id text primary key,
  customer text references stripe.customers (id),
  status stripe.subscription_status,
  current_period_end integer,
  items jsonb
);
comment on schema stripe is 'Filled by the sync, read by functions.';
grant usage on schema stripe to service_role;
grant all on all tables in schema stripe to service_role;
