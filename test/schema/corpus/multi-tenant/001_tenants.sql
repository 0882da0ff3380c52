create schema private;
create type public.seat_role as enum ('guest', 'crew', 'captain');

create table public.tenants (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z][a-z0-9-]+$')
);
create table public.seats (
  tenant_id uuid not null references public.tenants (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role public.seat_role not null default 'guest',
  primary key (tenant_id, user_id)
);

alter table public.tenants enable row level security;
alter table public.seats enable row level security;
