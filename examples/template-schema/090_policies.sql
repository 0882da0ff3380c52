-- 090_policies.sql
-- Row-level security: on for every table, then the policies table by table.
-- A table or command without a policy is closed to everybody but the service role.
-- `(select auth.uid())` is evaluated once per statement; a bare auth.uid() once per row.

alter table public.currencies enable row level security;
alter table public.organizations enable row level security;
alter table public.profiles enable row level security;
alter table public.organization_members enable row level security;
alter table public.invitations enable row level security;
alter table public.organization_settings enable row level security;
alter table public.media_assets enable row level security;
alter table public.categories enable row level security;
alter table public.tags enable row level security;
alter table public.pages enable row level security;
alter table public.page_revisions enable row level security;
alter table public.posts enable row level security;
alter table public.post_tags enable row level security;
alter table public.comments enable row level security;
alter table public.navigation_items enable row level security;
alter table public.products enable row level security;
alter table public.product_variants enable row level security;
alter table public.product_media enable row level security;
alter table public.stock_movements enable row level security;
alter table public.product_reviews enable row level security;
alter table public.wishlist_items enable row level security;
alter table public.customers enable row level security;
alter table public.addresses enable row level security;
alter table public.discount_codes enable row level security;
alter table public.carts enable row level security;
alter table public.cart_items enable row level security;
alter table public.orders enable row level security;
alter table public.order_items enable row level security;
alter table public.order_events enable row level security;
alter table public.payments enable row level security;
alter table public.shipments enable row level security;
alter table public.newsletter_subscribers enable row level security;
alter table public.contact_submissions enable row level security;
alter table public.notifications enable row level security;
alter table public.outbox_events enable row level security;
alter table public.audit_log enable row level security;

-- currencies ----------------------------------------------------------------

create policy "Everybody reads currencies" on public.currencies
  for select to anon, authenticated
  using (true);

-- organizations -------------------------------------------------------------

create policy "Everybody reads active organizations" on public.organizations
  for select to anon, authenticated
  using (status = 'active');

create policy "Members read their organizations" on public.organizations
  for select to authenticated
  using (id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Admins update their organizations" on public.organizations
  for update to authenticated
  using (id in (select private.member_org_ids((select auth.uid()), 'admin')))
  with check (id in (select private.member_org_ids((select auth.uid()), 'admin')));

create policy "Owners delete their organizations" on public.organizations
  for delete to authenticated
  using (id in (select private.member_org_ids((select auth.uid()), 'owner')));

-- profiles ------------------------------------------------------------------

create policy "People read their own and their colleagues' profiles" on public.profiles
  for select to authenticated
  using (
    id = (select auth.uid())
    or id in (select private.colleague_ids((select auth.uid())))
  );

create policy "People create their own profile" on public.profiles
  for insert to authenticated
  with check (id = (select auth.uid()));

create policy "People update their own profile" on public.profiles
  for update to authenticated
  using (id = (select auth.uid()))
  with check (id = (select auth.uid()));

-- organization_members ------------------------------------------------------

create policy "Members read the members of their organizations" on public.organization_members
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Admins add members, owners add owners" on public.organization_members
  for insert to authenticated
  with check (
    organization_id in (select private.member_org_ids((select auth.uid()), 'admin'))
    and (
      role <> 'owner'
      or organization_id in (select private.member_org_ids((select auth.uid()), 'owner'))
    )
  );

create policy "Admins update members, owners update owners" on public.organization_members
  for update to authenticated
  using (
    organization_id in (select private.member_org_ids((select auth.uid()), 'admin'))
    and (
      role <> 'owner'
      or organization_id in (select private.member_org_ids((select auth.uid()), 'owner'))
    )
  )
  with check (
    organization_id in (select private.member_org_ids((select auth.uid()), 'admin'))
    and (
      role <> 'owner'
      or organization_id in (select private.member_org_ids((select auth.uid()), 'owner'))
    )
  );

create policy "Members leave, admins remove members, owners remove owners" on public.organization_members
  for delete to authenticated
  using (
    user_id = (select auth.uid())
    or (
      role <> 'owner'
      and organization_id in (select private.member_org_ids((select auth.uid()), 'admin'))
    )
    or organization_id in (select private.member_org_ids((select auth.uid()), 'owner'))
  );

-- invitations ---------------------------------------------------------------

create policy "Admins read invitations" on public.invitations
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'admin')));

create policy "Admins invite in their own name" on public.invitations
  for insert to authenticated
  with check (
    invited_by = (select auth.uid())
    and organization_id in (select private.member_org_ids((select auth.uid()), 'admin'))
  );

create policy "Admins withdraw invitations" on public.invitations
  for delete to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'admin')));

-- organization_settings -----------------------------------------------------

create policy "Members read settings" on public.organization_settings
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Admins update settings" on public.organization_settings
  for update to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'admin')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'admin')));

-- media_assets --------------------------------------------------------------

create policy "Everybody reads media" on public.media_assets
  for select to anon, authenticated
  using (true);

create policy "Authors add media in their own name" on public.media_assets
  for insert to authenticated
  with check (
    uploaded_by = (select auth.uid())
    and organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
  );

create policy "Authors update their media, editors all" on public.media_assets
  for update to authenticated
  using (
    organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
    or (
      uploaded_by = (select auth.uid())
      and organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
    )
  )
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'author')));

create policy "Editors delete media" on public.media_assets
  for delete to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

-- categories, tags ----------------------------------------------------------

create policy "Everybody reads categories" on public.categories
  for select to anon, authenticated
  using (true);

create policy "Editors write categories" on public.categories
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

create policy "Everybody reads tags" on public.tags
  for select to anon, authenticated
  using (true);

create policy "Authors write tags" on public.tags
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'author')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'author')));

-- pages, page_revisions -----------------------------------------------------

create policy "Everybody reads published pages" on public.pages
  for select to anon, authenticated
  using (status = 'published' and published_at <= now());

create policy "Members read all pages" on public.pages
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Editors write pages" on public.pages
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

create policy "Editors read page revisions" on public.page_revisions
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

-- posts, post_tags ----------------------------------------------------------

create policy "Everybody reads published posts" on public.posts
  for select to anon, authenticated
  using (status = 'published' and published_at <= now());

create policy "Members read all posts" on public.posts
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Authors draft posts in their own name" on public.posts
  for insert to authenticated
  with check (
    organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
    or (
      author_id = (select auth.uid())
      and status in ('draft', 'in_review')
      and organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
    )
  );

create policy "Authors edit their drafts, editors everything" on public.posts
  for update to authenticated
  using (
    organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
    or (
      author_id = (select auth.uid())
      and status in ('draft', 'in_review')
      and organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
    )
  )
  with check (
    organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
    or (
      author_id = (select auth.uid())
      and status in ('draft', 'in_review')
      and organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
    )
  );

create policy "Editors delete posts" on public.posts
  for delete to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

-- The inner select runs under the policies of posts: tags show where the post shows.
create policy "Tags are read with their post" on public.post_tags
  for select to anon, authenticated
  using (exists (select 1 from public.posts p where p.id = post_id));

create policy "Authors tag their posts, editors all" on public.post_tags
  for all to authenticated
  using (
    organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
    or (
      organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
      and exists (
        select 1 from public.posts p where p.id = post_id and p.author_id = (select auth.uid())
      )
    )
  )
  with check (
    organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
    or (
      organization_id in (select private.member_org_ids((select auth.uid()), 'author'))
      and exists (
        select 1 from public.posts p where p.id = post_id and p.author_id = (select auth.uid())
      )
    )
  );

-- comments ------------------------------------------------------------------

create policy "Everybody reads approved comments" on public.comments
  for select to anon, authenticated
  using (status = 'approved');

create policy "People read their own comments, editors all" on public.comments
  for select to authenticated
  using (
    author_id = (select auth.uid())
    or organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
  );

create policy "People comment in their own name where comments are open" on public.comments
  for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and status = 'pending'
    and exists (
      select 1 from public.posts p
       where p.id = post_id and p.status = 'published' and p.comments_enabled
    )
  );

create policy "People edit their pending comments" on public.comments
  for update to authenticated
  using (author_id = (select auth.uid()) and status = 'pending')
  with check (author_id = (select auth.uid()) and status = 'pending');

create policy "Editors moderate comments" on public.comments
  for update to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

create policy "People delete their comments, editors all" on public.comments
  for delete to authenticated
  using (
    author_id = (select auth.uid())
    or organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
  );

-- navigation_items ----------------------------------------------------------

create policy "Everybody reads navigation" on public.navigation_items
  for select to anon, authenticated
  using (true);

create policy "Editors write navigation" on public.navigation_items
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

-- products, product_variants, product_media ---------------------------------

create policy "Everybody reads active products" on public.products
  for select to anon, authenticated
  using (status = 'active');

create policy "Members read all products" on public.products
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Managers write products" on public.products
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "Everybody reads active variants of active products" on public.product_variants
  for select to anon, authenticated
  using (
    is_active
    and exists (select 1 from public.products p where p.id = product_id and p.status = 'active')
  );

create policy "Members read all variants" on public.product_variants
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'viewer')));

create policy "Managers write variants" on public.product_variants
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "Pictures are read with their product" on public.product_media
  for select to anon, authenticated
  using (exists (select 1 from public.products p where p.id = product_id));

create policy "Managers write product pictures" on public.product_media
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

-- stock_movements -----------------------------------------------------------

create policy "Managers read stock movements" on public.stock_movements
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "Managers record stock in their own name" on public.stock_movements
  for insert to authenticated
  with check (
    recorded_by = (select auth.uid())
    and organization_id in (select private.member_org_ids((select auth.uid()), 'manager'))
  );

-- product_reviews -----------------------------------------------------------

create policy "Everybody reads approved reviews" on public.product_reviews
  for select to anon, authenticated
  using (status = 'approved');

create policy "People read their own reviews, editors all" on public.product_reviews
  for select to authenticated
  using (
    author_id = (select auth.uid())
    or organization_id in (select private.member_org_ids((select auth.uid()), 'editor'))
  );

create policy "People review active products in their own name" on public.product_reviews
  for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and status = 'pending'
    and exists (select 1 from public.products p where p.id = product_id and p.status = 'active')
  );

create policy "People edit their pending reviews" on public.product_reviews
  for update to authenticated
  using (author_id = (select auth.uid()) and status = 'pending')
  with check (author_id = (select auth.uid()) and status = 'pending');

create policy "Editors moderate reviews" on public.product_reviews
  for update to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'editor')));

create policy "People delete their own reviews" on public.product_reviews
  for delete to authenticated
  using (author_id = (select auth.uid()));

-- wishlist_items, addresses -------------------------------------------------

create policy "People keep their own wish list" on public.wishlist_items
  for all to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()));

create policy "People keep their own addresses" on public.addresses
  for all to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()));

-- customers, discount_codes -------------------------------------------------

create policy "Managers read customers" on public.customers
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "Managers update customers" on public.customers
  for update to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "Managers write discount codes" on public.discount_codes
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

-- carts, cart_items ---------------------------------------------------------

create policy "People read their own carts" on public.carts
  for select to authenticated
  using (user_id = (select auth.uid()));

create policy "People open their own cart" on public.carts
  for insert to authenticated
  with check (user_id = (select auth.uid()) and status = 'open');

create policy "People delete their own open cart" on public.carts
  for delete to authenticated
  using (user_id = (select auth.uid()) and status = 'open');

create policy "People read what is in their carts" on public.cart_items
  for select to authenticated
  using (cart_id in (select c.id from public.carts c where c.user_id = (select auth.uid())));

create policy "People fill their open cart" on public.cart_items
  for insert to authenticated
  with check (
    cart_id in (
      select c.id from public.carts c where c.user_id = (select auth.uid()) and c.status = 'open'
    )
  );

create policy "People change their open cart" on public.cart_items
  for update to authenticated
  using (
    cart_id in (
      select c.id from public.carts c where c.user_id = (select auth.uid()) and c.status = 'open'
    )
  )
  with check (
    cart_id in (
      select c.id from public.carts c where c.user_id = (select auth.uid()) and c.status = 'open'
    )
  );

create policy "People empty their open cart" on public.cart_items
  for delete to authenticated
  using (
    cart_id in (
      select c.id from public.carts c where c.user_id = (select auth.uid()) and c.status = 'open'
    )
  );

-- orders and what belongs to them -------------------------------------------

create policy "People read their own orders, managers all" on public.orders
  for select to authenticated
  using (
    placed_by = (select auth.uid())
    or organization_id in (select private.member_org_ids((select auth.uid()), 'manager'))
  );

create policy "Managers move orders along" on public.orders
  for update to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "People read the lines of their orders, managers all" on public.order_items
  for select to authenticated
  using (
    order_id in (select o.id from public.orders o where o.placed_by = (select auth.uid()))
    or organization_id in (select private.member_org_ids((select auth.uid()), 'manager'))
  );

create policy "People follow their orders, managers all" on public.order_events
  for select to authenticated
  using (
    order_id in (select o.id from public.orders o where o.placed_by = (select auth.uid()))
    or organization_id in (select private.member_org_ids((select auth.uid()), 'manager'))
  );

create policy "People read payments of their orders, managers all" on public.payments
  for select to authenticated
  using (
    order_id in (select o.id from public.orders o where o.placed_by = (select auth.uid()))
    or organization_id in (select private.member_org_ids((select auth.uid()), 'manager'))
  );

create policy "People read shipments of their orders" on public.shipments
  for select to authenticated
  using (order_id in (select o.id from public.orders o where o.placed_by = (select auth.uid())));

create policy "Managers write shipments" on public.shipments
  for all to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

-- newsletter_subscribers ----------------------------------------------------

create policy "Visitors sign up for the newsletter" on public.newsletter_subscribers
  for insert to anon
  with check (user_id is null and status = 'pending');

create policy "People sign up for the newsletter" on public.newsletter_subscribers
  for insert to authenticated
  with check (user_id = (select auth.uid()) and status = 'pending');

create policy "People read their own subscription, managers all" on public.newsletter_subscribers
  for select to authenticated
  using (
    user_id = (select auth.uid())
    or organization_id in (select private.member_org_ids((select auth.uid()), 'manager'))
  );

create policy "People end their own subscription" on public.newsletter_subscribers
  for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()) and status = 'unsubscribed');

-- contact_submissions -------------------------------------------------------

create policy "Everybody sends the contact form" on public.contact_submissions
  for insert to anon, authenticated
  with check (status = 'new' and assigned_to is null);

create policy "Managers read the contact form" on public.contact_submissions
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

create policy "Managers handle the contact form" on public.contact_submissions
  for update to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')))
  with check (organization_id in (select private.member_org_ids((select auth.uid()), 'manager')));

-- notifications -------------------------------------------------------------

create policy "People read their notifications" on public.notifications
  for select to authenticated
  using (user_id = (select auth.uid()));

create policy "People mark their notifications" on public.notifications
  for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()));

create policy "People delete their notifications" on public.notifications
  for delete to authenticated
  using (user_id = (select auth.uid()));

-- outbox_events, audit_log: written by triggers and the service role ---------

create policy "Admins read the outbox" on public.outbox_events
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'admin')));

create policy "Admins read the audit log" on public.audit_log
  for select to authenticated
  using (organization_id in (select private.member_org_ids((select auth.uid()), 'admin')));

comment on policy "Admins read the audit log" on public.audit_log is
  'There is no policy for writing: rows come from private.audit_row() only.';
