create table public.buyers (id integer primary key);
