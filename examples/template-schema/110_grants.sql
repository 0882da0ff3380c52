-- 110_grants.sql
-- Who may try what; row-level security then decides on which rows. Supabase projects made
-- before June 2026 grant everything in `public` to their API roles, newer ones grant nothing:
-- this starts from nothing in both.

revoke all on all tables in schema public from anon, authenticated;
revoke all on all sequences in schema public from anon, authenticated;

grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to service_role;
grant all on all sequences in schema public to service_role;

-- Ledgers are append only, for the service role too.
revoke update, delete, truncate on public.audit_log from service_role;
revoke update, delete, truncate on public.stock_movements from service_role;

-- Reading: visitors, and everybody who is signed in.
grant select on
  public.currencies, public.organizations, public.media_assets, public.categories, public.tags,
  public.pages, public.posts, public.post_tags, public.comments, public.navigation_items,
  public.products, public.product_variants, public.product_media, public.product_reviews,
  public.published_posts, public.storefront_products
to anon, authenticated;

-- Reading: signed in only.
grant select on
  public.profiles, public.organization_members, public.invitations, public.organization_settings,
  public.page_revisions, public.stock_movements, public.wishlist_items, public.customers,
  public.addresses, public.discount_codes, public.carts, public.cart_items, public.orders,
  public.order_items, public.order_events, public.payments, public.shipments,
  public.newsletter_subscribers, public.contact_submissions, public.notifications,
  public.outbox_events, public.audit_log, public.order_overview
to authenticated;

-- Writing whole rows.
grant insert, update, delete on
  public.media_assets, public.categories, public.tags, public.navigation_items,
  public.wishlist_items, public.addresses, public.discount_codes, public.shipments
to authenticated;
grant insert, delete on public.post_tags, public.product_media to authenticated;
grant delete on
  public.organizations, public.organization_members, public.invitations, public.pages,
  public.posts, public.comments, public.products, public.product_variants,
  public.product_reviews, public.carts, public.cart_items, public.notifications
to authenticated;

-- Writing some columns: counters, statuses and authorship are kept by triggers.
grant update (name, slug, default_currency) on public.organizations to authenticated;
grant insert (id, display_name, avatar_url, bio, locale, time_zone),
      update (id, display_name, avatar_url, bio, locale, time_zone)
  on public.profiles to authenticated;
grant insert (organization_id, user_id, role, title, invited_by), update (role, title)
  on public.organization_members to authenticated;
grant insert (organization_id, email, role, token_hash, expires_at) on public.invitations to authenticated;
grant update (support_email, tax_rate, prices_include_tax, flat_shipping_minor, theme)
  on public.organization_settings to authenticated;
grant insert (organization_id, slug, title, body, status, published_at, hero_media_id),
      update (slug, title, body, status, published_at, hero_media_id)
  on public.pages to authenticated;
grant insert (organization_id, category_id, cover_media_id, title, slug, excerpt, body, status,
              published_at, comments_enabled),
      update (category_id, cover_media_id, title, slug, excerpt, body, status,
              published_at, comments_enabled)
  on public.posts to authenticated;
grant insert (organization_id, post_id, author_name, body), update (body, status)
  on public.comments to authenticated;
grant insert (organization_id, category_id, name, slug, summary, description, status, attributes),
      update (category_id, name, slug, summary, description, status, attributes)
  on public.products to authenticated;
grant insert (organization_id, product_id, sku, name, price_minor, compare_at_minor, weight_grams,
              allow_backorder, is_active, position),
      update (sku, name, price_minor, compare_at_minor, weight_grams, allow_backorder, is_active,
              position)
  on public.product_variants to authenticated;
grant insert (organization_id, variant_id, quantity, reason, note) on public.stock_movements to authenticated;
grant insert (organization_id, product_id, author_name, rating, title, body),
      update (rating, title, body, status)
  on public.product_reviews to authenticated;
grant update (full_name, notes) on public.customers to authenticated;
grant insert (organization_id) on public.carts to authenticated;
grant insert (organization_id, cart_id, variant_id, quantity), update (quantity)
  on public.cart_items to authenticated;
grant update (status) on public.orders to authenticated;
grant insert (organization_id, email, source) on public.newsletter_subscribers to anon, authenticated;
grant update (status) on public.newsletter_subscribers to authenticated;
grant insert (organization_id, name, email, subject, message)
  on public.contact_submissions to anon, authenticated;
grant update (status, assigned_to) on public.contact_submissions to authenticated;
grant update (read_at) on public.notifications to authenticated;

-- Functions: closed to the world, then opened one by one.
revoke execute on function
  public.slugify(text),
  public.create_organization(uuid, text, text),
  public.invite_member(uuid, text, public.member_role),
  public.accept_invitation(text),
  public.place_order(uuid, text, uuid, text),
  public.search_content(uuid, text, integer)
from public, anon, authenticated;

grant execute on function public.slugify(text) to anon, authenticated, service_role;
grant execute on function public.search_content(uuid, text, integer) to anon, authenticated, service_role;
grant execute on function
  public.invite_member(uuid, text, public.member_role),
  public.accept_invitation(text),
  public.place_order(uuid, text, uuid, text)
to authenticated;
grant execute on function public.create_organization(uuid, text, text) to service_role;

-- Policies run as the caller, so the caller needs the two helpers they use; so do the functions that
-- hand on to one of the same name.
revoke execute on all functions in schema private from public;
grant usage on schema private to authenticated, service_role;
grant execute on function
  private.member_org_ids(uuid, public.member_role),
  private.colleague_ids(uuid)
to authenticated, service_role;
grant execute on function
  private.accept_invitation(text),
  private.place_order(uuid, text, uuid, text)
to authenticated;
