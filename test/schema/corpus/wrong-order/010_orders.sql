create table public.orders (
  id integer primary key,
  buyer_id integer references public.buyers (id)
);
