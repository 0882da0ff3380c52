-- The third statement names a column that is not there.
insert into public.hoists (id) values (1);
insert into public.hoists (id) values (2);

insert into public.hoists (id, weight)
values (3, 12);
