-- 100_views.sql
-- Views for the site and the back office. security_invoker makes the policies of the
-- tables below apply to whoever reads the view.

create view public.published_posts
with (security_invoker = true)
as
select p.id,
       p.organization_id,
       p.slug,
       p.title,
       p.excerpt,
       p.byline,
       p.published_at,
       p.comment_count,
       greatest(1, round(p.word_count / 220.0))::integer as reading_minutes,
       c.name as category_name,
       c.slug as category_slug,
       m.bucket as cover_bucket,
       m.path as cover_path,
       m.alt_text as cover_alt_text,
       coalesce(
         (select array_agg(t.slug::text order by t.slug::text)
            from public.post_tags pt
            join public.tags t on t.id = pt.tag_id
           where pt.post_id = p.id),
         '{}'
       ) as tag_slugs
  from public.posts p
  left join public.categories c on c.id = p.category_id
  left join public.media_assets m on m.id = p.cover_media_id
 where p.status = 'published'
   and p.published_at <= now();
comment on view public.published_posts is 'Posts as the website lists them.';

create view public.storefront_products
with (security_invoker = true)
as
select p.id,
       p.organization_id,
       p.category_id,
       p.slug,
       p.name,
       p.summary,
       p.rating_average,
       p.review_count,
       o.default_currency as currency,
       v.price_from_minor,
       v.price_to_minor,
       v.has_discount,
       v.in_stock
  from public.products p
  join public.organizations o on o.id = p.organization_id
  cross join lateral (
    select min(pv.price_minor) as price_from_minor,
           max(pv.price_minor) as price_to_minor,
           bool_or(pv.is_discounted) as has_discount,
           bool_or(pv.stock_on_hand > 0 or pv.allow_backorder) as in_stock
      from public.product_variants pv
     where pv.product_id = p.id
       and pv.is_active
    having count(*) > 0
  ) as v
 where p.status = 'active';
comment on view public.storefront_products is 'Products that can be bought, with their price range.';

create view public.order_overview
with (security_invoker = true)
as
select o.id,
       o.organization_id,
       o.reference,
       o.status,
       o.placed_at,
       o.item_count,
       o.total_minor,
       o.currency,
       coalesce(p.paid_minor, 0) as paid_minor,
       o.total_minor - coalesce(p.paid_minor, 0) as due_minor,
       s.last_shipment_status
  from public.orders o
  left join lateral (
    select sum(pay.net_minor) as paid_minor
      from public.payments pay
     where pay.order_id = o.id
       and pay.status in ('captured', 'refunded')
  ) as p on true
  left join lateral (
    select sh.status as last_shipment_status
      from public.shipments sh
     where sh.order_id = o.id
     order by sh.created_at desc
     limit 1
  ) as s on true;
comment on view public.order_overview is 'Orders with what is paid and where the parcel is: own orders, or all for managers.';
