-- 030_content.sql
-- The website: media, categories, tags, pages with revisions, posts, comments, navigation.
-- Foreign keys carry organization_id, so a row cannot point into another organization.

create table public.media_assets (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  bucket text not null default 'media',
  path text not null,
  extension text generated always as (lower(substring(path from '\.([^./]+)$'))) stored,
  mime_type text not null,
  byte_size bigint not null,
  width integer,
  height integer,
  aspect_ratio numeric generated always as (round(width::numeric / nullif(height, 0)::numeric, 4)) stored,
  alt_text text not null default '',
  uploaded_by uuid default auth.uid() references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint media_assets_organization_id_id_key unique (organization_id, id),
  constraint media_assets_bucket_path_key unique (bucket, path),
  constraint media_assets_byte_size_range check (byte_size between 0 and 5368709120),
  constraint media_assets_dimensions check ((width is null) = (height is null) and width > 0 and height > 0)
);
comment on table public.media_assets is 'Files in Storage, by bucket and path. The bytes live in Storage.';

create index media_assets_uploaded_by_idx on public.media_assets (uploaded_by);

create table public.categories (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  parent_id uuid,
  kind public.category_kind not null,
  name text not null,
  slug public.slug not null,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint categories_organization_id_id_key unique (organization_id, id),
  constraint categories_slug_key unique (organization_id, kind, slug),
  constraint categories_parent_fkey foreign key (organization_id, parent_id)
    references public.categories (organization_id, id) on delete set null (parent_id),
  constraint categories_not_own_parent check (parent_id <> id)
);
comment on table public.categories is 'A tree of categories for posts (editorial) or products (catalog).';

create index categories_parent_idx on public.categories (organization_id, parent_id);

create table public.tags (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  name text not null,
  slug public.slug not null,
  created_at timestamptz not null default now(),
  constraint tags_organization_id_id_key unique (organization_id, id),
  constraint tags_slug_key unique (organization_id, slug)
);
comment on table public.tags is 'Free-form labels on posts.';

create table public.pages (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  slug public.slug not null,
  title text not null,
  body jsonb not null default '[]'::jsonb,
  status public.publish_status not null default 'draft',
  published_at timestamptz,
  revision integer not null default 1,
  hero_media_id uuid,
  updated_by uuid references auth.users (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pages_organization_id_id_key unique (organization_id, id),
  constraint pages_slug_key unique (organization_id, slug),
  constraint pages_hero_media_fkey foreign key (organization_id, hero_media_id)
    references public.media_assets (organization_id, id) on delete set null (hero_media_id),
  constraint pages_body_array check (jsonb_typeof(body) = 'array'),
  constraint pages_published_has_date check (status <> 'published' or published_at is not null)
);
comment on table public.pages is 'Static pages as an array of content blocks.';
comment on column public.pages.revision is 'Counted up by a trigger; older versions are in page_revisions.';

create index pages_hero_media_idx on public.pages (organization_id, hero_media_id);
create index pages_updated_by_idx on public.pages (updated_by);

create table public.page_revisions (
  organization_id uuid not null,
  page_id uuid not null,
  revision integer not null,
  title text not null,
  body jsonb not null,
  saved_by uuid references auth.users (id) on delete set null,
  saved_at timestamptz not null default now(),
  constraint page_revisions_pkey primary key (page_id, revision),
  constraint page_revisions_page_fkey foreign key (organization_id, page_id)
    references public.pages (organization_id, id) on delete cascade
);
comment on table public.page_revisions is 'What a page held before each edit. Written by a trigger only.';

create index page_revisions_page_idx on public.page_revisions (organization_id, page_id);
create index page_revisions_saved_by_idx on public.page_revisions (saved_by);

create table public.posts (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  category_id uuid,
  cover_media_id uuid,
  author_id uuid default auth.uid() references public.profiles (id) on delete set null,
  byline text,
  title text not null,
  slug public.slug not null,
  excerpt text not null default '',
  body text not null default '',
  status public.publish_status not null default 'draft',
  published_at timestamptz,
  comments_enabled boolean not null default true,
  comment_count integer not null default 0,
  word_count integer generated always as (
    case when btrim(body) = '' then 0
         else array_length(regexp_split_to_array(btrim(body), '[[:space:]]+'), 1) end
  ) stored,
  search_document tsvector generated always as (
    setweight(to_tsvector('simple'::regconfig, title), 'A')
    || setweight(to_tsvector('simple'::regconfig, excerpt), 'B')
    || setweight(to_tsvector('simple'::regconfig, body), 'C')
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint posts_organization_id_id_key unique (organization_id, id),
  constraint posts_slug_key unique (organization_id, slug),
  constraint posts_category_fkey foreign key (organization_id, category_id)
    references public.categories (organization_id, id) on delete set null (category_id),
  constraint posts_cover_media_fkey foreign key (organization_id, cover_media_id)
    references public.media_assets (organization_id, id) on delete set null (cover_media_id),
  constraint posts_title_length check (length(title) between 1 and 200),
  constraint posts_comment_count_range check (comment_count >= 0),
  constraint posts_published_has_date check (status not in ('scheduled', 'published') or published_at is not null)
);
comment on table public.posts is 'Articles and news.';
comment on column public.posts.byline is 'Author name as printed: copied from the profile, so visitors need no access to profiles.';
comment on column public.posts.comment_count is 'Approved comments. Kept by a trigger on comments.';

create index posts_category_idx on public.posts (organization_id, category_id);
create index posts_cover_media_idx on public.posts (organization_id, cover_media_id);
create index posts_author_id_idx on public.posts (author_id);
create index posts_published_idx on public.posts (organization_id, published_at desc) where status = 'published';
create index posts_search_idx on public.posts using gin (search_document);

create table public.post_tags (
  organization_id uuid not null,
  post_id uuid not null,
  tag_id uuid not null,
  constraint post_tags_pkey primary key (post_id, tag_id),
  constraint post_tags_post_fkey foreign key (organization_id, post_id)
    references public.posts (organization_id, id) on delete cascade,
  constraint post_tags_tag_fkey foreign key (organization_id, tag_id)
    references public.tags (organization_id, id) on delete cascade
);
comment on table public.post_tags is 'Tags on posts.';

create index post_tags_post_idx on public.post_tags (organization_id, post_id);
create index post_tags_tag_idx on public.post_tags (organization_id, tag_id);

create table public.comments (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  post_id uuid not null,
  author_id uuid default auth.uid() references auth.users (id) on delete set null,
  author_name text not null,
  body text not null,
  status public.moderation_status not null default 'pending',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint comments_post_fkey foreign key (organization_id, post_id)
    references public.posts (organization_id, id) on delete cascade,
  constraint comments_author_name_length check (length(author_name) between 1 and 80),
  constraint comments_body_length check (length(body) between 1 and 5000)
);
comment on table public.comments is 'Comments by signed-in visitors, shown once approved.';

create index comments_post_idx on public.comments (organization_id, post_id, created_at);
create index comments_author_id_idx on public.comments (author_id);
create index comments_queue_idx on public.comments (organization_id, created_at) where status = 'pending';

create table public.navigation_items (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  parent_id uuid,
  page_id uuid,
  location text not null default 'header',
  label text not null,
  url text,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint navigation_items_organization_id_id_key unique (organization_id, id),
  constraint navigation_items_position_key unique nulls not distinct (organization_id, location, parent_id, position)
    deferrable initially immediate,
  constraint navigation_items_parent_fkey foreign key (organization_id, parent_id)
    references public.navigation_items (organization_id, id) on delete cascade,
  constraint navigation_items_page_fkey foreign key (organization_id, page_id)
    references public.pages (organization_id, id) on delete cascade,
  constraint navigation_items_location check (location in ('header', 'footer', 'account')),
  constraint navigation_items_one_target check (num_nonnulls(page_id, url) = 1)
);
comment on table public.navigation_items is 'Menus: each item leads to a page or to a URL, never both.';

create index navigation_items_parent_idx on public.navigation_items (organization_id, parent_id);
create index navigation_items_page_idx on public.navigation_items (organization_id, page_id);
