-- 060_engagement.sql
-- Contact with people and machines: newsletter, inquiries, notifications, outbox, audit log.

create table public.newsletter_subscribers (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid default auth.uid() references auth.users (id) on delete set null,
  email public.email_address not null,
  status public.subscription_status not null default 'pending',
  source text not null default 'website',
  confirmed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint newsletter_subscribers_confirmed check (status <> 'subscribed' or confirmed_at is not null)
);
comment on table public.newsletter_subscribers is 'Newsletter sign-ups; double opt-in moves them out of pending.';

create unique index newsletter_subscribers_email_key on public.newsletter_subscribers (organization_id, lower(email));
create index newsletter_subscribers_user_id_idx on public.newsletter_subscribers (user_id);

create table public.contact_submissions (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  name text not null,
  email public.email_address not null,
  subject text not null default '',
  message text not null,
  status public.inquiry_status not null default 'new',
  assigned_to uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contact_submissions_name_length check (length(name) between 1 and 120),
  constraint contact_submissions_subject_length check (length(subject) <= 200),
  constraint contact_submissions_message_length check (length(message) between 1 and 10000)
);
comment on table public.contact_submissions is 'What visitors send through the contact form.';

create index contact_submissions_organization_id_idx on public.contact_submissions (organization_id, created_at desc);
create index contact_submissions_assigned_to_idx on public.contact_submissions (assigned_to);

create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid references public.organizations (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  kind text not null,
  title text not null,
  payload jsonb not null default '{}'::jsonb,
  read_at timestamptz,
  is_read boolean generated always as (read_at is not null) stored,
  created_at timestamptz not null default now(),
  constraint notifications_kind_format check (kind ~ '^[a-z]+(\.[a-z_]+)+$')
);
comment on table public.notifications is 'In-app messages for one person.';

create index notifications_user_id_idx on public.notifications (user_id, created_at desc);
create index notifications_organization_id_idx on public.notifications (organization_id);

create table public.outbox_events (
  id bigint generated always as identity primary key,
  organization_id uuid not null references public.organizations (id) on delete cascade,
  topic text not null,
  payload jsonb not null,
  attempts smallint not null default 0,
  available_at timestamptz not null default now(),
  delivered_at timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  constraint outbox_events_topic_format check (topic ~ '^[a-z]+(\.[a-z_]+)+$'),
  constraint outbox_events_attempts_range check (attempts between 0 and 50)
);
comment on table public.outbox_events is
  'Events for the automation webhook. The worker reads undelivered rows with FOR UPDATE SKIP LOCKED.';

create index outbox_events_organization_id_idx on public.outbox_events (organization_id, id desc);
create index outbox_events_due_idx on public.outbox_events (available_at, id) where delivered_at is null;

create table public.audit_log (
  id bigint generated always as identity primary key,
  organization_id uuid,
  table_name text not null,
  row_key text not null,
  action public.audit_action not null,
  changes jsonb not null,
  actor_id uuid,
  actor_role text,
  happened_at timestamptz not null default now(),
  constraint audit_log_changes_object check (jsonb_typeof(changes) = 'object')
);
comment on table public.audit_log is
  'Who changed what. Append only, and without foreign keys: history outlives the rows and the people in it.';

create index audit_log_organization_id_idx on public.audit_log (organization_id, happened_at desc);
create index audit_log_row_idx on public.audit_log (table_name, row_key);
create index audit_log_happened_at_idx on public.audit_log using brin (happened_at);
