create function private.has_seat(tenant uuid, lowest public.seat_role default 'guest') returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.seats
    where seats.tenant_id = tenant and seats.user_id = (select auth.uid()) and seats.role >= lowest
  )
$$;
revoke execute on function private.has_seat(uuid, public.seat_role) from public;
grant usage on schema private to authenticated;
grant execute on function private.has_seat(uuid, public.seat_role) to authenticated;

create function public.tenant_of_claim() returns uuid language sql stable
return (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid;
