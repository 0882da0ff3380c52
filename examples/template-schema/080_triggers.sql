-- 080_triggers.sql
-- Trigger functions (schema private) and triggers: updated_at, audit, denormalised columns.

-- updated_at ----------------------------------------------------------------

create function private.set_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end;
$$;

do $do$
declare
  v_table text;
begin
  foreach v_table in array array[
    'organizations', 'profiles', 'organization_members', 'organization_settings',
    'categories', 'pages', 'posts', 'comments', 'navigation_items',
    'products', 'product_variants', 'product_reviews',
    'customers', 'addresses', 'discount_codes', 'carts', 'cart_items', 'orders',
    'payments', 'shipments', 'newsletter_subscribers', 'contact_submissions'
  ]
  loop
    execute format(
      'create trigger set_updated_at before update on public.%I
         for each row execute function private.set_updated_at()',
      v_table
    );
  end loop;
end;
$do$;

-- Audit ---------------------------------------------------------------------

create function private.audit_row()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_noise constant text[] := array['updated_at', 'search_document'];
  v_old jsonb := case when tg_op = 'INSERT' then '{}'::jsonb else to_jsonb(old) - v_noise end;
  v_new jsonb := case when tg_op = 'DELETE' then '{}'::jsonb else to_jsonb(new) - v_noise end;
  v_row jsonb := case when tg_op = 'DELETE' then v_old else v_new end;
  v_changes jsonb;
begin
  -- {"column": [before, after]}, changed columns only.
  select coalesce(jsonb_object_agg(k.key, jsonb_build_array(v_old -> k.key, v_new -> k.key)), '{}'::jsonb)
    into v_changes
    from jsonb_object_keys(v_old || v_new) as k (key)
   where v_old -> k.key is distinct from v_new -> k.key;

  if v_changes <> '{}'::jsonb then
    insert into public.audit_log
      (organization_id, table_name, row_key, action, changes, actor_id, actor_role)
    values (
      case tg_table_name
        when 'organizations' then (v_row ->> 'id')::uuid
        else (v_row ->> 'organization_id')::uuid
      end,
      tg_table_name,
      coalesce(v_row ->> 'id', v_row ->> 'user_id', v_row ->> 'organization_id'),
      lower(tg_op)::public.audit_action,
      v_changes,
      auth.uid(),
      nullif(current_setting('role', true), 'none')
    );
  end if;

  return null;
end;
$$;
comment on function private.audit_row() is
  'Writes one audit_log row per change. For tables with organization_id (or organizations itself).';

create trigger audit after insert or update or delete on public.organizations
  for each row execute function private.audit_row();
create trigger audit after insert or update or delete on public.organization_members
  for each row execute function private.audit_row();
create trigger audit after insert or update or delete on public.organization_settings
  for each row execute function private.audit_row();
create trigger audit after insert or update or delete on public.products
  for each row execute function private.audit_row();
create trigger audit after insert or delete or update of sku, price_minor, compare_at_minor, is_active
  on public.product_variants
  for each row execute function private.audit_row();
create trigger audit after insert or update or delete on public.discount_codes
  for each row execute function private.audit_row();
create trigger audit after update of status or delete on public.orders
  for each row execute function private.audit_row();
create trigger audit after insert or update or delete on public.payments
  for each row execute function private.audit_row();

-- Organizations -------------------------------------------------------------

create function private.organizations_add_settings()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.organization_settings (organization_id) values (new.id);
  return null;
end;
$$;

create trigger add_settings after insert on public.organizations
  for each row execute function private.organizations_add_settings();

create function private.organization_members_keep_owner()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Only for people using the app: deleting a user or an organization as an
  -- administrator must not be stopped half-way through its cascade.
  if auth.uid() is not null
     and exists (select 1 from public.organizations o where o.id = old.organization_id)
     and not exists (
       select 1
         from public.organization_members m
        where m.organization_id = old.organization_id and m.role = 'owner'
     )
  then
    raise exception 'An organization needs at least one owner' using errcode = '23514';
  end if;

  return null;
end;
$$;

create trigger keep_owner_on_update after update of role on public.organization_members
  for each row when (old.role = 'owner' and new.role <> 'owner')
  execute function private.organization_members_keep_owner();
create trigger keep_owner_on_delete after delete on public.organization_members
  for each row when (old.role = 'owner')
  execute function private.organization_members_keep_owner();

-- Content -------------------------------------------------------------------

create function private.pages_keep_revision()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.page_revisions (organization_id, page_id, revision, title, body, saved_by)
  values (old.organization_id, old.id, old.revision, old.title, old.body, old.updated_by);

  new.revision := old.revision + 1;
  new.updated_by := auth.uid();
  return new;
end;
$$;

create trigger keep_revision before update of title, body on public.pages
  for each row when (old.title is distinct from new.title or old.body is distinct from new.body)
  execute function private.pages_keep_revision();

create function private.set_published_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.status = 'published' and new.published_at is null then
    new.published_at := now();
  end if;
  return new;
end;
$$;

create trigger set_published_at before insert or update of status on public.pages
  for each row execute function private.set_published_at();
create trigger set_published_at before insert or update of status on public.posts
  for each row execute function private.set_published_at();

-- Denormalised: posts.byline from profiles.display_name.
create function private.posts_set_byline()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.author_id is not null then
    select p.display_name into new.byline from public.profiles p where p.id = new.author_id;
  end if;
  return new;
end;
$$;

create trigger set_byline before insert or update of author_id on public.posts
  for each row execute function private.posts_set_byline();

create function private.profiles_spread_name()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.posts set byline = new.display_name where author_id = new.id;
  return null;
end;
$$;

create trigger spread_name after update of display_name on public.profiles
  for each row when (old.display_name is distinct from new.display_name)
  execute function private.profiles_spread_name();

-- Denormalised: posts.comment_count from approved comments.
create function private.comments_count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op in ('UPDATE', 'DELETE') and old.status = 'approved' then
    update public.posts set comment_count = comment_count - 1 where id = old.post_id;
  end if;
  if tg_op in ('INSERT', 'UPDATE') and new.status = 'approved' then
    update public.posts set comment_count = comment_count + 1 where id = new.post_id;
  end if;
  return null;
end;
$$;

create trigger count_comments after insert or delete or update of status, post_id on public.comments
  for each row execute function private.comments_count();

-- Catalog -------------------------------------------------------------------

-- Denormalised: products.review_count and rating_sum from approved reviews.
create function private.product_reviews_count()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op in ('UPDATE', 'DELETE') and old.status = 'approved' then
    update public.products
       set review_count = review_count - 1, rating_sum = rating_sum - old.rating
     where id = old.product_id;
  end if;
  if tg_op in ('INSERT', 'UPDATE') and new.status = 'approved' then
    update public.products
       set review_count = review_count + 1, rating_sum = rating_sum + new.rating
     where id = new.product_id;
  end if;
  return null;
end;
$$;

create trigger count_reviews after insert or delete or update of status, rating, product_id
  on public.product_reviews
  for each row execute function private.product_reviews_count();

create function private.product_reviews_verify()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.verified_purchase := exists (
    select 1
      from public.orders o
      join public.order_items i on i.order_id = o.id
      join public.product_variants v on v.id = i.variant_id
     where o.placed_by = new.author_id
       and o.status in ('paid', 'fulfilled', 'completed')
       and v.product_id = new.product_id
  );
  return new;
end;
$$;

create trigger verify_purchase before insert on public.product_reviews
  for each row execute function private.product_reviews_verify();

-- Denormalised: product_variants.stock_on_hand from stock_movements. Its check
-- constraint stops an order for more than there is.
create function private.stock_movements_apply()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.product_variants
     set stock_on_hand = stock_on_hand + new.quantity
   where id = new.variant_id;
  return null;
end;
$$;

create trigger apply_movement after insert on public.stock_movements
  for each row execute function private.stock_movements_apply();

-- Sales ---------------------------------------------------------------------

-- Denormalised: orders.item_count and subtotal_minor. Once per statement, with the
-- touched lines in a transition table.
create function private.order_items_sum()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.orders o
     set item_count = coalesce(t.item_count, 0),
         subtotal_minor = coalesce(t.subtotal_minor, 0)
    from (select distinct order_id from touched) as c
    left join lateral (
      select sum(i.quantity) as item_count, sum(i.line_total_minor) as subtotal_minor
        from public.order_items i
       where i.order_id = c.order_id
    ) as t on true
   where o.id = c.order_id;
  return null;
end;
$$;

create trigger sum_items_on_insert after insert on public.order_items
  referencing new table as touched
  for each statement execute function private.order_items_sum();
create trigger sum_items_on_update after update on public.order_items
  referencing new table as touched
  for each statement execute function private.order_items_sum();
create trigger sum_items_on_delete after delete on public.order_items
  referencing old table as touched
  for each statement execute function private.order_items_sum();

create function private.orders_check_status()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if not (
    case old.status
      when 'pending' then new.status in ('paid', 'cancelled')
      when 'paid' then new.status in ('fulfilled', 'cancelled', 'refunded')
      when 'fulfilled' then new.status in ('completed', 'refunded')
      when 'completed' then new.status = 'refunded'
      else false
    end
  ) then
    raise exception 'An order cannot go from % to %', old.status, new.status using errcode = '23514';
  end if;

  if new.status = 'paid' then
    new.paid_at := coalesce(new.paid_at, now());
  end if;
  return new;
end;
$$;

create trigger check_status before update of status on public.orders
  for each row when (old.status is distinct from new.status)
  execute function private.orders_check_status();

create function private.orders_record_status()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.order_events (organization_id, order_id, to_status, actor_id)
    values (new.organization_id, new.id, new.status, auth.uid());
    return null;
  end if;

  if old.status = new.status then
    return null;
  end if;

  insert into public.order_events (organization_id, order_id, from_status, to_status, actor_id)
  values (new.organization_id, new.id, old.status, new.status, auth.uid());

  insert into public.outbox_events (organization_id, topic, payload)
  values (new.organization_id, 'order.status_changed',
          jsonb_build_object('order_id', new.id, 'from', old.status, 'to', new.status));

  -- Denormalised: customers.order_count and spent_minor.
  update public.customers c
     set order_count = t.order_count, spent_minor = t.spent_minor
    from (
      select count(*) as order_count, coalesce(sum(o.total_minor), 0) as spent_minor
        from public.orders o
       where o.customer_id = new.customer_id
         and o.status in ('paid', 'fulfilled', 'completed')
    ) as t
   where c.id = new.customer_id;

  return null;
end;
$$;

create trigger record_status after insert or update of status on public.orders
  for each row execute function private.orders_record_status();

-- Engagement ----------------------------------------------------------------

create function private.contact_submissions_announce()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.outbox_events (organization_id, topic, payload)
  values (new.organization_id, 'contact.received',
          jsonb_build_object('submission_id', new.id, 'subject', new.subject));
  return null;
end;
$$;

create trigger announce after insert on public.contact_submissions
  for each row execute function private.contact_submissions_announce();
