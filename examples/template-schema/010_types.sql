-- 010_types.sql
-- The `private` schema (not exposed by the Data API), enums, domains and the one
-- helper that generated columns and defaults may rely on.

create schema if not exists private;
comment on schema private is
  'Helpers for policies and triggers. Never add it to the exposed schemas of the Data API.';

-- Ordered from least to most powerful: policies compare with >=.
create type public.member_role as enum ('viewer', 'author', 'editor', 'manager', 'admin', 'owner');
comment on type public.member_role is 'Role of a person in an organization, least powerful first.';

create type public.organization_status as enum ('onboarding', 'active', 'suspended', 'closed');
create type public.publish_status as enum ('draft', 'in_review', 'scheduled', 'published', 'archived');
create type public.moderation_status as enum ('pending', 'approved', 'rejected', 'spam');
create type public.category_kind as enum ('editorial', 'catalog');
create type public.product_status as enum ('draft', 'active', 'discontinued');
create type public.stock_reason as enum ('purchase', 'sale', 'return', 'correction', 'damage');
create type public.discount_kind as enum ('percentage', 'fixed_amount', 'free_shipping');
create type public.cart_status as enum ('open', 'converted', 'abandoned');
create type public.order_status as enum (
  'pending', 'paid', 'fulfilled', 'completed', 'cancelled', 'refunded'
);
create type public.payment_status as enum ('requires_action', 'authorized', 'captured', 'failed', 'refunded');
create type public.shipment_status as enum ('preparing', 'in_transit', 'delivered', 'returned', 'lost');
create type public.subscription_status as enum ('pending', 'subscribed', 'unsubscribed', 'bounced');
create type public.inquiry_status as enum ('new', 'in_progress', 'resolved', 'spam');
create type public.audit_action as enum ('insert', 'update', 'delete');

create domain public.slug as text
  constraint slug_format check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(value) <= 96);
comment on domain public.slug is 'A URL segment: lower-case letters, digits and single hyphens.';

create domain public.email_address as text
  constraint email_format check (value ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$' and length(value) <= 254);

create function public.slugify(p_text text)
returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
  select trim(both '-' from left(regexp_replace(lower(p_text), '[^a-z0-9]+', '-', 'g'), 96));
$$;
comment on function public.slugify(text) is 'A title as a URL segment. Drops everything outside a-z and 0-9.';
