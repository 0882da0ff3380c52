-- 040_catalog.sql
-- What is sold: products, variants, pictures, stock movements, reviews, wish lists.
-- Amounts are integers in minor units (cents) of the organization's currency.

create table public.products (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  category_id uuid,
  name text not null,
  slug public.slug not null,
  summary text not null default '',
  description text not null default '',
  status public.product_status not null default 'draft',
  attributes jsonb not null default '{}'::jsonb,
  review_count integer not null default 0,
  rating_sum integer not null default 0,
  rating_average numeric(3, 2) generated always as (
    case when review_count > 0 then round(rating_sum::numeric / review_count::numeric, 2) end
  ) stored,
  search_document tsvector generated always as (
    setweight(to_tsvector('simple'::regconfig, name), 'A')
    || setweight(to_tsvector('simple'::regconfig, summary), 'B')
    || setweight(to_tsvector('simple'::regconfig, description), 'C')
  ) stored,
  created_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint products_organization_id_id_key unique (organization_id, id),
  constraint products_slug_key unique (organization_id, slug),
  constraint products_category_fkey foreign key (organization_id, category_id)
    references public.categories (organization_id, id) on delete set null (category_id),
  constraint products_name_length check (length(name) between 1 and 200),
  constraint products_attributes_object check (jsonb_typeof(attributes) = 'object'),
  constraint products_rating_consistent check (rating_sum between review_count and review_count * 5)
);
comment on table public.products is 'Products as presented; what is bought is a variant.';
comment on column public.products.review_count is 'Approved reviews. Kept by a trigger on product_reviews, with rating_sum.';

create index products_category_idx on public.products (organization_id, category_id);
create index products_created_by_idx on public.products (created_by);
create index products_attributes_idx on public.products using gin (attributes jsonb_path_ops);
create index products_search_idx on public.products using gin (search_document);

create table public.product_variants (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  product_id uuid not null,
  sku text not null,
  name text not null default 'Default',
  price_minor bigint not null,
  compare_at_minor bigint,
  is_discounted boolean generated always as (coalesce(compare_at_minor > price_minor, false)) stored,
  weight_grams integer,
  stock_on_hand integer not null default 0,
  allow_backorder boolean not null default false,
  is_active boolean not null default true,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint product_variants_organization_id_id_key unique (organization_id, id),
  constraint product_variants_sku_key unique (organization_id, sku),
  constraint product_variants_product_fkey foreign key (organization_id, product_id)
    references public.products (organization_id, id) on delete cascade,
  constraint product_variants_price_range check (price_minor >= 0 and compare_at_minor >= 0),
  constraint product_variants_weight_range check (weight_grams > 0),
  constraint product_variants_stock_covered check (stock_on_hand >= 0 or allow_backorder)
);
comment on table public.product_variants is 'What is bought: one size or colour of a product, with price and stock.';
comment on column public.product_variants.stock_on_hand is 'Sum of stock_movements, kept by a trigger. Do not write it.';

create index product_variants_product_idx on public.product_variants (organization_id, product_id, position);

create table public.product_media (
  organization_id uuid not null,
  product_id uuid not null,
  media_id uuid not null,
  position integer not null default 0,
  constraint product_media_pkey primary key (product_id, media_id),
  constraint product_media_product_fkey foreign key (organization_id, product_id)
    references public.products (organization_id, id) on delete cascade,
  constraint product_media_media_fkey foreign key (organization_id, media_id)
    references public.media_assets (organization_id, id) on delete cascade
);
comment on table public.product_media is 'Pictures of a product, in order.';

create index product_media_product_idx on public.product_media (organization_id, product_id, position);
create index product_media_media_idx on public.product_media (organization_id, media_id);

create table public.stock_movements (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  variant_id uuid not null,
  quantity integer not null,
  reason public.stock_reason not null,
  note text,
  recorded_by uuid default auth.uid() references auth.users (id) on delete set null,
  recorded_at timestamptz not null default now(),
  constraint stock_movements_variant_fkey foreign key (organization_id, variant_id)
    references public.product_variants (organization_id, id) on delete cascade,
  constraint stock_movements_not_zero check (quantity <> 0),
  constraint stock_movements_sign check (
    case reason when 'sale' then quantity < 0
                when 'damage' then quantity < 0
                when 'purchase' then quantity > 0
                when 'return' then quantity > 0
                else true end
  )
);
comment on table public.stock_movements is 'Ledger of stock. Append only: correct a mistake with a correction.';

create index stock_movements_variant_idx on public.stock_movements (organization_id, variant_id, recorded_at desc);
create index stock_movements_recorded_by_idx on public.stock_movements (recorded_by);

create table public.product_reviews (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  product_id uuid not null,
  author_id uuid default auth.uid() references auth.users (id) on delete set null,
  author_name text not null,
  rating smallint not null,
  title text,
  body text not null default '',
  verified_purchase boolean not null default false,
  status public.moderation_status not null default 'pending',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint product_reviews_one_each unique (product_id, author_id),
  constraint product_reviews_product_fkey foreign key (organization_id, product_id)
    references public.products (organization_id, id) on delete cascade,
  constraint product_reviews_rating_range check (rating between 1 and 5),
  constraint product_reviews_body_length check (length(body) <= 5000)
);
comment on table public.product_reviews is 'Reviews by signed-in shoppers, shown once approved.';
comment on column public.product_reviews.verified_purchase is 'Set by a trigger when the author has bought the product.';

create index product_reviews_product_idx on public.product_reviews (organization_id, product_id, created_at desc);
create index product_reviews_author_id_idx on public.product_reviews (author_id);

create table public.wishlist_items (
  organization_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  product_id uuid not null,
  created_at timestamptz not null default now(),
  constraint wishlist_items_pkey primary key (user_id, product_id),
  constraint wishlist_items_product_fkey foreign key (organization_id, product_id)
    references public.products (organization_id, id) on delete cascade
);
comment on table public.wishlist_items is 'Products a shopper wants to remember. Seen by that shopper only.';

create index wishlist_items_product_idx on public.wishlist_items (organization_id, product_id);
