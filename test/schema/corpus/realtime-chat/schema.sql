create table public.rooms (id uuid primary key default gen_random_uuid(), topic text not null unique);
create table public.room_members (
  room_id uuid references public.rooms (id) on delete cascade,
  user_id uuid references auth.users (id) on delete cascade,
  primary key (room_id, user_id)
);
create table public.lines (
  id bigint generated always as identity primary key,
  room_id uuid not null references public.rooms (id) on delete cascade,
  text text not null
);
alter table public.lines replica identity full;
alter table public.rooms enable row level security;
alter table public.room_members enable row level security;
alter table public.lines enable row level security;
create policy "own memberships" on public.room_members for select to authenticated using (user_id = auth.uid());
create policy "own rooms" on public.rooms for select to authenticated
  using (exists (select from public.room_members where room_id = rooms.id));
create policy "lines of own rooms" on public.lines for select to authenticated
  using (exists (select from public.room_members where room_members.room_id = lines.room_id));
grant select on public.rooms, public.room_members, public.lines to authenticated;

alter publication supabase_realtime add table public.lines, public.rooms;

create policy "members listen" on realtime.messages for select to authenticated
  using (exists (select from public.rooms where topic = (select realtime.topic())));

create function public.broadcast_line() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform realtime.broadcast_changes('room:' || new.room_id, tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
  return null;
end
$$;
create trigger broadcast_line after insert on public.lines for each row execute function public.broadcast_line();
