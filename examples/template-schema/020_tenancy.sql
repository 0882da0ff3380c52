-- 020_tenancy.sql
-- Who is who: currencies, organizations, profiles, memberships, invitations, settings.

create table public.currencies (
  code text primary key,
  name text not null,
  minor_units smallint not null default 2,
  constraint currencies_code_format check (code ~ '^[A-Z]{3}$'),
  constraint currencies_minor_units_range check (minor_units between 0 and 4)
);
comment on table public.currencies is 'ISO 4217 currencies this portal can sell in.';

insert into public.currencies (code, name, minor_units) values
  ('EUR', 'Euro', 2),
  ('USD', 'US dollar', 2),
  ('GBP', 'Pound sterling', 2),
  ('CHF', 'Swiss franc', 2),
  ('JPY', 'Yen', 0);

create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug public.slug not null,
  status public.organization_status not null default 'onboarding',
  default_currency text not null default 'EUR' references public.currencies (code),
  created_by uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint organizations_slug_key unique (slug),
  constraint organizations_name_length check (length(name) between 1 and 120)
);
comment on table public.organizations is 'A brand or company of the client. Every other row belongs to one.';

create index organizations_default_currency_idx on public.organizations (default_currency);
create index organizations_created_by_idx on public.organizations (created_by);

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  display_name text not null,
  avatar_url text,
  bio text,
  locale text not null default 'en',
  time_zone text not null default 'UTC',
  initials text generated always as (upper(left(display_name, 1))) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint profiles_display_name_length check (length(display_name) between 1 and 80),
  constraint profiles_bio_length check (length(bio) <= 2000),
  constraint profiles_avatar_https check (avatar_url ~ '^https://')
);
comment on table public.profiles is
  'What colleagues see of a signed-in person. The app upserts it after sign-in: no trigger on auth.users.';

create table public.organization_members (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role public.member_role not null default 'viewer',
  title text,
  invited_by uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint organization_members_pkey primary key (organization_id, user_id)
);
comment on table public.organization_members is 'Staff of an organization. Shoppers are not members.';

create index organization_members_user_id_idx on public.organization_members (user_id, organization_id, role);
create index organization_members_invited_by_idx on public.organization_members (invited_by);

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email public.email_address not null,
  role public.member_role not null default 'viewer',
  token_hash bytea not null,
  invited_by uuid default auth.uid() references auth.users (id) on delete set null,
  accepted_by uuid references auth.users (id) on delete set null,
  accepted_at timestamptz,
  expires_at timestamptz not null default now() + interval '7 days',
  created_at timestamptz not null default now(),
  constraint invitations_token_hash_key unique (token_hash),
  constraint invitations_token_hash_length check (octet_length(token_hash) = 32),
  constraint invitations_no_owner check (role <> 'owner'),
  constraint invitations_expiry check (expires_at > created_at)
);
comment on table public.invitations is 'Pending and accepted invitations to an organization.';
comment on column public.invitations.token_hash is 'SHA-256 of the token in the invitation link; the token is not stored.';

create unique index invitations_open_email_key
  on public.invitations (organization_id, lower(email)) where accepted_at is null;
create index invitations_organization_id_idx on public.invitations (organization_id, created_at desc);
create index invitations_invited_by_idx on public.invitations (invited_by);
create index invitations_accepted_by_idx on public.invitations (accepted_by);

create table public.organization_settings (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  support_email public.email_address,
  tax_rate numeric(5, 4) not null default 0,
  prices_include_tax boolean not null default true,
  flat_shipping_minor bigint not null default 0,
  theme jsonb not null default '{}'::jsonb,
  updated_by uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint organization_settings_tax_rate_range check (tax_rate >= 0 and tax_rate < 1),
  constraint organization_settings_shipping_range check (flat_shipping_minor >= 0),
  constraint organization_settings_theme_object check (jsonb_typeof(theme) = 'object')
);
comment on table public.organization_settings is 'One row per organization, made together with it.';

create index organization_settings_updated_by_idx on public.organization_settings (updated_by);
