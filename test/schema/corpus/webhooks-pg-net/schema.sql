create extension if not exists pg_net with schema extensions;
create schema if not exists private;

create table public.signups (id bigint generated always as identity primary key, email text not null);
alter table public.signups enable row level security;
create policy "anybody signs up" on public.signups for insert to anon with check (email like '%@%');
grant insert on public.signups to anon;

select vault.create_secret('a-key-for-the-hook', 'signup_hook_key', 'sent with every signup');

create function private.tell_the_hook() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  key text := (select decrypted_secret from vault.decrypted_secrets where name = 'signup_hook_key');
begin
  perform net.http_post(
    url := 'https://hooks.example.com/signup',
    headers := jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || key),
    body := to_jsonb(new),
    timeout_milliseconds := 2000
  );
  return new;
end
$$;
create trigger tell_the_hook after insert on public.signups for each row execute function private.tell_the_hook();

insert into public.signups (email) values ('first@example.com');
