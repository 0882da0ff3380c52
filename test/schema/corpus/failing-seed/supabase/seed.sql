insert into public.makers (id) values (1);

-- The second maker is missing.
insert into public.parts (id, maker_id)
values (1, 1), (2, 2);
