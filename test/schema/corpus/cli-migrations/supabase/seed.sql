insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
values ('00000000-0000-0000-0000-000000000000', '6f9f0a4e-2c0b-4d0e-9d63-0b9f1a5e7c11', 'authenticated',
  'authenticated', 'gardener@example.com', extensions.crypt('secret', extensions.gen_salt('bf')), now(),
  '{"provider": "email"}', '{}', now(), now());
insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
values ('6f9f0a4e-2c0b-4d0e-9d63-0b9f1a5e7c11', '6f9f0a4e-2c0b-4d0e-9d63-0b9f1a5e7c11',
  '{"sub": "6f9f0a4e-2c0b-4d0e-9d63-0b9f1a5e7c11", "email": "gardener@example.com"}', 'email', now(), now(), now());
insert into public.species values ('tomato', '[3,5)'), ('leek', '[2,4)');
with garden as (
  insert into public.gardens (owner_id, name) values ('6f9f0a4e-2c0b-4d0e-9d63-0b9f1a5e7c11', 'Behind the house')
  returning id
)
insert into public.plants (garden_id, species) select id, 'leek' from garden;
