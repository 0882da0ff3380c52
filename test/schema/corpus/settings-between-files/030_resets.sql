reset role;
set search_path to default;
insert into outer_things values (1);
