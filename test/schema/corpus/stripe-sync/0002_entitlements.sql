create table public.entitlements (
  user_id uuid primary key references auth.users (id) on delete cascade,
  plan text not null default 'free'
);
alter table public.entitlements enable row level security;
create policy "own entitlement" on public.entitlements for select to authenticated using (user_id = auth.uid());
grant select on public.entitlements to authenticated;

create or replace function stripe.apply_plan() returns trigger as
$$
begin
  update public.entitlements set plan = case when new.status = 'active' then 'pro' else 'free' end
  where user_id = (select (metadata ->> 'user_id')::uuid from stripe.customers where id = new.customer);
  return new;
end;
$$ language plpgsql security definer set search_path = stripe, public;
create trigger apply_plan after insert or update on stripe.subscriptions
  for each row execute function stripe.apply_plan();
