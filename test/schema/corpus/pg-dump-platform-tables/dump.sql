-- A dump of everything: it also makes the platform's own tables, which no project's owner may.

SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

CREATE SCHEMA auth;

CREATE TABLE auth.one_time_tokens (
    id uuid NOT NULL,
    token_hash text NOT NULL
);

ALTER TABLE auth.one_time_tokens OWNER TO supabase_auth_admin;

CREATE TABLE public.boats (
    id bigint PRIMARY KEY
);
ALTER TABLE public.boats ENABLE ROW LEVEL SECURITY;
