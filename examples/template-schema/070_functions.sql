-- 070_functions.sql
-- Helpers used by policies (schema private) and functions the app calls (schema public).
-- Every SECURITY DEFINER function has an empty search_path and checks its caller itself. Those that
-- people call are in `private`, each behind a SECURITY INVOKER function of the same name in `public`.

-- Policies call this as `(select auth.uid())` + a literal role, so it runs once per
-- statement and not once per row. SECURITY DEFINER also avoids recursion: a policy on
-- organization_members may use it.
create function private.member_org_ids(p_user uuid, p_at_least public.member_role)
returns setof uuid
language sql
stable
security definer
set search_path = ''
rows 5
as $$
  select m.organization_id
    from public.organization_members m
   where m.user_id = p_user
     and m.role >= p_at_least;
$$;
comment on function private.member_org_ids(uuid, public.member_role) is
  'Organizations in which the person holds at least this role.';

create function private.colleague_ids(p_user uuid)
returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select distinct theirs.user_id
    from public.organization_members mine
    join public.organization_members theirs using (organization_id)
   where mine.user_id = p_user;
$$;
comment on function private.colleague_ids(uuid) is 'People who share an organization with this person.';

create function public.create_organization(p_owner uuid, p_name text, p_slug text default null)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.organizations (name, slug, created_by)
  values (p_name, coalesce(p_slug, public.slugify(p_name)), p_owner)
  returning id into v_id;

  insert into public.organization_members (organization_id, user_id, role)
  values (v_id, p_owner, 'owner');

  return v_id;
end;
$$;
comment on function public.create_organization(uuid, text, text) is
  'Makes an organization with its first owner. For the service role only.';

-- SECURITY INVOKER: the policy on invitations decides who may invite.
create function public.invite_member(
  p_organization uuid,
  p_email text,
  p_role public.member_role default 'viewer'
)
returns text
language plpgsql
security invoker
set search_path = ''
as $$
declare
  v_token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  insert into public.invitations (organization_id, email, role, token_hash)
  values (p_organization, p_email, p_role, sha256(convert_to(v_token, 'UTF8')));

  return v_token;
end;
$$;
comment on function public.invite_member(uuid, text, public.member_role) is
  'Invites an address and returns the token of the link. It is shown this once.';

create function private.accept_invitation(p_token text)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user uuid := auth.uid();
  v_invitation public.invitations%rowtype;
begin
  if v_user is null then
    raise exception 'Sign in first' using errcode = '42501';
  end if;

  select * into v_invitation
    from public.invitations i
   where i.token_hash = sha256(convert_to(p_token, 'UTF8'))
     and i.accepted_at is null
     and i.expires_at > now()
     for update;

  if not found then
    raise exception 'This invitation is not valid' using errcode = '22023';
  end if;

  insert into public.organization_members as m (organization_id, user_id, role, invited_by)
  values (v_invitation.organization_id, v_user, v_invitation.role, v_invitation.invited_by)
  on conflict (organization_id, user_id)
  do update set role = greatest(m.role, excluded.role);

  update public.invitations
     set accepted_at = now(), accepted_by = v_user
   where id = v_invitation.id;

  return v_invitation.organization_id;
end;
$$;

create function public.accept_invitation(p_token text)
returns uuid
language sql
security invoker
set search_path = ''
as $$
  select private.accept_invitation(p_token);
$$;
comment on function public.accept_invitation(text) is
  'Joins the caller to the organization that sent the token. Works once per invitation.';

create function private.place_order(
  p_cart uuid,
  p_email text,
  p_address uuid,
  p_discount_code text
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user uuid := auth.uid();
  v_cart public.carts%rowtype;
  v_settings public.organization_settings%rowtype;
  v_code public.discount_codes%rowtype;
  v_customer uuid;
  v_order uuid;
  v_subtotal bigint;
  v_discount bigint := 0;
  v_shipping bigint;
  v_tax bigint := 0;
begin
  if v_user is null then
    raise exception 'Sign in first' using errcode = '42501';
  end if;

  select * into v_cart
    from public.carts c
   where c.id = p_cart and c.user_id = v_user and c.status = 'open'
     for update;

  if not found then
    raise exception 'No such open cart' using errcode = 'P0002';
  end if;

  if exists (
    select 1
      from public.cart_items ci
      join public.product_variants v on v.id = ci.variant_id
      join public.products p on p.id = v.product_id
     where ci.cart_id = v_cart.id
       and not (v.is_active and p.status = 'active')
  ) then
    raise exception 'The cart holds something that is no longer sold' using errcode = '22023';
  end if;

  select * into strict v_settings
    from public.organization_settings s
   where s.organization_id = v_cart.organization_id;

  insert into public.customers as c (organization_id, user_id, email)
  values (v_cart.organization_id, v_user, p_email)
  on conflict (organization_id, user_id) do update set email = excluded.email
  returning c.id into v_customer;

  insert into public.orders (organization_id, customer_id, placed_by, currency, shipping_address)
  select o.id, v_customer, v_user, o.default_currency,
         (select to_jsonb(a) - array['id', 'user_id', 'is_default', 'created_at', 'updated_at']
            from public.addresses a
           where a.id = p_address and a.user_id = v_user)
    from public.organizations o
   where o.id = v_cart.organization_id
  returning id into v_order;

  insert into public.order_items
    (organization_id, order_id, variant_id, product_name, sku, quantity, unit_price_minor)
  select ci.organization_id, v_order, v.id, p.name, v.sku, ci.quantity, v.price_minor
    from public.cart_items ci
    join public.product_variants v on v.id = ci.variant_id
    join public.products p on p.id = v.product_id
   where ci.cart_id = v_cart.id;

  if not found then
    raise exception 'The cart is empty' using errcode = '22023';
  end if;

  -- In the order of the ids, so that two orders for the same goods cannot deadlock.
  insert into public.stock_movements (organization_id, variant_id, quantity, reason, note)
  select ci.organization_id, ci.variant_id, -ci.quantity, 'sale', 'order ' || v_order::text
    from public.cart_items ci
   where ci.cart_id = v_cart.id
   order by ci.variant_id;

  -- The trigger on order_items has summed the lines by now.
  select o.subtotal_minor into v_subtotal from public.orders o where o.id = v_order;
  v_shipping := v_settings.flat_shipping_minor;

  if p_discount_code is not null then
    select * into v_code
      from public.discount_codes d
     where d.organization_id = v_cart.organization_id
       and d.code = upper(btrim(p_discount_code))
       and d.is_active
       and d.valid_during @> now()
       and d.minimum_subtotal_minor <= v_subtotal
       and (d.max_redemptions is null or d.times_redeemed < d.max_redemptions)
       for update;

    if not found then
      raise exception 'This discount code does not apply' using errcode = '22023';
    end if;

    case v_code.kind
      when 'percentage' then v_discount := v_subtotal * v_code.value / 100;
      when 'fixed_amount' then v_discount := least(v_code.value, v_subtotal);
      when 'free_shipping' then v_shipping := 0;
    end case;

    update public.discount_codes set times_redeemed = times_redeemed + 1 where id = v_code.id;
  end if;

  if not v_settings.prices_include_tax then
    v_tax := round((v_subtotal - v_discount) * v_settings.tax_rate);
  end if;

  update public.orders
     set discount_code_id = v_code.id,
         discount_minor = v_discount,
         shipping_minor = v_shipping,
         tax_minor = v_tax
   where id = v_order;

  update public.carts set status = 'converted' where id = v_cart.id;

  insert into public.outbox_events (organization_id, topic, payload)
  select o.organization_id, 'order.placed',
         jsonb_build_object('order_id', o.id, 'reference', o.reference,
                            'total_minor', o.total_minor, 'currency', o.currency)
    from public.orders o
   where o.id = v_order;

  return v_order;
end;
$$;

create function public.place_order(
  p_cart uuid,
  p_email text,
  p_address uuid default null,
  p_discount_code text default null
)
returns uuid
language sql
security invoker
set search_path = ''
as $$
  select private.place_order(p_cart, p_email, p_address, p_discount_code);
$$;
comment on function public.place_order(uuid, text, uuid, text) is
  'Turns the caller''s open cart into an order: prices, discount, stock and outbox in one transaction.';

-- SECURITY INVOKER: finds what the caller may read anyway.
create function public.search_content(p_organization uuid, p_query text, p_limit integer default 20)
returns table (kind text, id uuid, slug text, title text, rank real)
language sql
stable
security invoker
set search_path = ''
as $$
  with q as (
    select websearch_to_tsquery('simple'::regconfig, p_query) as query
  )
  select found.kind, found.id, found.slug, found.title, found.rank
    from (
      select 'post' as kind, p.id, p.slug::text as slug, p.title,
             ts_rank(p.search_document, q.query) as rank
        from public.posts p, q
       where p.organization_id = p_organization and p.search_document @@ q.query
      union all
      select 'product', p.id, p.slug::text, p.name,
             ts_rank(p.search_document, q.query)
        from public.products p, q
       where p.organization_id = p_organization and p.search_document @@ q.query
    ) as found
   order by found.rank desc, found.title
   limit least(greatest(p_limit, 1), 100);
$$;
comment on function public.search_content(uuid, text, integer) is
  'Full-text search over posts and products, best first. Row-level security applies.';
