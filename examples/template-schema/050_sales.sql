-- 050_sales.sql
-- Selling: customers, addresses, discount codes, carts, orders with events, payments, shipments.

create table public.customers (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid references auth.users (id) on delete set null,
  email public.email_address not null,
  full_name text,
  order_count integer not null default 0,
  spent_minor bigint not null default 0,
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint customers_organization_id_id_key unique (organization_id, id),
  constraint customers_user_key unique (organization_id, user_id)
);
comment on table public.customers is 'A shopper as one organization knows them.';
comment on column public.customers.spent_minor is 'Total of paid orders. Kept by a trigger on orders, with order_count.';

create index customers_user_id_idx on public.customers (user_id);
create index customers_email_idx on public.customers (organization_id, lower(email));

create table public.addresses (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  label text not null default 'Home',
  recipient text not null,
  line1 text not null,
  line2 text,
  postal_code text not null,
  city text not null,
  region text,
  country_code text not null,
  is_default boolean not null default false,
  one_line text generated always as (
    recipient || ', ' || line1 || coalesce(', ' || line2, '') || ', ' || postal_code || ' ' || city || ', ' || country_code
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint addresses_country_format check (country_code ~ '^[A-Z]{2}$')
);
comment on table public.addresses is 'Address book of a shopper. Orders keep their own copy.';

create index addresses_user_id_idx on public.addresses (user_id);
create unique index addresses_one_default_key on public.addresses (user_id) where is_default;

create table public.discount_codes (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  code text not null,
  kind public.discount_kind not null,
  value integer not null default 0,
  minimum_subtotal_minor bigint not null default 0,
  valid_during tstzrange not null default tstzrange(now(), null),
  max_redemptions integer,
  times_redeemed integer not null default 0,
  is_active boolean not null default true,
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint discount_codes_organization_id_id_key unique (organization_id, id),
  constraint discount_codes_code_format check (code ~ '^[A-Z0-9_-]{3,32}$'),
  constraint discount_codes_code_key unique (organization_id, code),
  constraint discount_codes_value check (
    case kind when 'percentage' then value between 1 and 100
              when 'fixed_amount' then value > 0
              else value = 0 end
  ),
  constraint discount_codes_redemptions check (times_redeemed >= 0 and times_redeemed <= max_redemptions)
);
comment on table public.discount_codes is 'Codes a shopper may enter. Shoppers cannot list them.';
comment on column public.discount_codes.value is 'Per cent for percentage, minor units for fixed_amount, 0 for free_shipping.';

create index discount_codes_created_by_idx on public.discount_codes (created_by);

create table public.carts (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  status public.cart_status not null default 'open',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint carts_organization_id_id_key unique (organization_id, id)
);
comment on table public.carts is 'Shopping carts. One open cart per shopper and organization.';

create index carts_user_id_idx on public.carts (user_id);
create unique index carts_one_open_key on public.carts (organization_id, user_id) where status = 'open';

create table public.cart_items (
  organization_id uuid not null,
  cart_id uuid not null,
  variant_id uuid not null,
  quantity integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint cart_items_pkey primary key (cart_id, variant_id),
  constraint cart_items_cart_fkey foreign key (organization_id, cart_id)
    references public.carts (organization_id, id) on delete cascade,
  constraint cart_items_variant_fkey foreign key (organization_id, variant_id)
    references public.product_variants (organization_id, id) on delete cascade,
  constraint cart_items_quantity_range check (quantity between 1 and 999)
);
comment on table public.cart_items is 'What is in a cart. Prices are taken from the variant when ordering.';

create index cart_items_cart_idx on public.cart_items (organization_id, cart_id);
create index cart_items_variant_idx on public.cart_items (organization_id, variant_id);

create table public.orders (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  number bigint generated always as identity,
  reference text generated always as ('ORD-' || number::text) stored,
  customer_id uuid,
  placed_by uuid references auth.users (id) on delete set null,
  discount_code_id uuid,
  status public.order_status not null default 'pending',
  currency text not null references public.currencies (code),
  item_count integer not null default 0,
  subtotal_minor bigint not null default 0,
  discount_minor bigint not null default 0,
  shipping_minor bigint not null default 0,
  tax_minor bigint not null default 0,
  total_minor bigint generated always as (subtotal_minor - discount_minor + shipping_minor + tax_minor) stored,
  shipping_address jsonb,
  placed_at timestamptz not null default now(),
  paid_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint orders_organization_id_id_key unique (organization_id, id),
  constraint orders_number_key unique (number),
  constraint orders_customer_fkey foreign key (organization_id, customer_id)
    references public.customers (organization_id, id) on delete set null (customer_id),
  constraint orders_discount_code_fkey foreign key (organization_id, discount_code_id)
    references public.discount_codes (organization_id, id) on delete set null (discount_code_id),
  constraint orders_amounts_range check (
    subtotal_minor >= 0 and discount_minor >= 0 and shipping_minor >= 0 and tax_minor >= 0
  ),
  constraint orders_paid_has_date check (status not in ('paid', 'fulfilled', 'completed') or paid_at is not null)
);
comment on table public.orders is 'Orders, made by place_order(). Shoppers read theirs and never write here.';
comment on column public.orders.subtotal_minor is 'Sum of the items. Kept by a trigger on order_items, with item_count.';

create index orders_customer_idx on public.orders (organization_id, customer_id);
create index orders_discount_code_idx on public.orders (organization_id, discount_code_id);
create index orders_placed_by_idx on public.orders (placed_by);
create index orders_currency_idx on public.orders (currency);
create index orders_open_idx on public.orders (organization_id, placed_at desc) where status in ('pending', 'paid');

create table public.order_items (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  order_id uuid not null,
  variant_id uuid,
  product_name text not null,
  sku text not null,
  quantity integer not null,
  unit_price_minor bigint not null,
  line_total_minor bigint generated always as (quantity * unit_price_minor) stored,
  constraint order_items_order_fkey foreign key (organization_id, order_id)
    references public.orders (organization_id, id) on delete cascade,
  constraint order_items_variant_fkey foreign key (organization_id, variant_id)
    references public.product_variants (organization_id, id) on delete set null (variant_id),
  constraint order_items_variant_key unique (order_id, variant_id),
  constraint order_items_quantity_range check (quantity > 0),
  constraint order_items_price_range check (unit_price_minor >= 0)
);
comment on table public.order_items is 'Lines of an order, with name, SKU and price as they were then.';

create index order_items_order_idx on public.order_items (organization_id, order_id);
create index order_items_variant_idx on public.order_items (organization_id, variant_id);

create table public.order_events (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  order_id uuid not null,
  from_status public.order_status,
  to_status public.order_status not null,
  actor_id uuid references auth.users (id) on delete set null,
  happened_at timestamptz not null default now(),
  constraint order_events_order_fkey foreign key (organization_id, order_id)
    references public.orders (organization_id, id) on delete cascade,
  constraint order_events_real_change check (from_status is distinct from to_status)
);
comment on table public.order_events is 'Every status an order went through. Written by a trigger only.';

create index order_events_order_idx on public.order_events (organization_id, order_id, id);
create index order_events_actor_id_idx on public.order_events (actor_id);

create table public.payments (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  order_id uuid not null,
  provider text not null,
  provider_reference text not null,
  status public.payment_status not null default 'requires_action',
  amount_minor bigint not null,
  refunded_minor bigint not null default 0,
  net_minor bigint generated always as (amount_minor - refunded_minor) stored,
  currency text not null references public.currencies (code),
  failure_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint payments_provider_reference_key unique (provider, provider_reference),
  constraint payments_order_fkey foreign key (organization_id, order_id)
    references public.orders (organization_id, id) on delete cascade,
  constraint payments_amount_range check (amount_minor > 0 and refunded_minor between 0 and amount_minor),
  constraint payments_failure_explained check (status <> 'failed' or failure_reason is not null)
);
comment on table public.payments is 'Payments as the provider reports them. Written with the service role only.';

create index payments_order_idx on public.payments (organization_id, order_id);
create index payments_currency_idx on public.payments (currency);

create table public.shipments (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  order_id uuid not null,
  carrier text not null,
  tracking_number text,
  tracking_url text,
  status public.shipment_status not null default 'preparing',
  shipped_at timestamptz,
  delivered_at timestamptz,
  time_in_transit interval generated always as (delivered_at - shipped_at) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint shipments_order_fkey foreign key (organization_id, order_id)
    references public.orders (organization_id, id) on delete cascade,
  constraint shipments_delivered_after_shipped check (delivered_at >= shipped_at),
  constraint shipments_tracking_https check (tracking_url ~ '^https://')
);
comment on table public.shipments is 'Parcels of an order.';

create index shipments_order_idx on public.shipments (organization_id, order_id);
