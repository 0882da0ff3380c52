

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;


COMMENT ON SCHEMA "public" IS 'standard public schema';



CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "pgcrypto" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "supabase_vault" WITH SCHEMA "vault";
CREATE EXTENSION IF NOT EXISTS "moddatetime" WITH SCHEMA "extensions";


CREATE TYPE "public"."parcel_size" AS ENUM (
    'small',
    'large'
);


ALTER TYPE "public"."parcel_size" OWNER TO "postgres";


CREATE TABLE IF NOT EXISTS "public"."parcels" (
    "id" "uuid" DEFAULT "gen_random_uuid"() NOT NULL,
    "sender" "uuid" NOT NULL,
    "size" "public"."parcel_size" NOT NULL,
    "updated_at" timestamp with time zone
);


ALTER TABLE "public"."parcels" OWNER TO "postgres";


ALTER TABLE ONLY "public"."parcels"
    ADD CONSTRAINT "parcels_pkey" PRIMARY KEY ("id");


CREATE OR REPLACE TRIGGER "handle_updated_at" BEFORE UPDATE ON "public"."parcels" FOR EACH ROW EXECUTE FUNCTION "extensions"."moddatetime"('updated_at');


ALTER TABLE ONLY "public"."parcels"
    ADD CONSTRAINT "parcels_sender_fkey" FOREIGN KEY ("sender") REFERENCES "auth"."users"("id") ON DELETE CASCADE;


CREATE POLICY "senders see theirs" ON "public"."parcels" FOR SELECT TO "authenticated" USING ((( SELECT "auth"."uid"() AS "uid") = "sender"));


ALTER TABLE "public"."parcels" ENABLE ROW LEVEL SECURITY;


ALTER PUBLICATION "supabase_realtime" OWNER TO "postgres";

ALTER PUBLICATION "supabase_realtime" ADD TABLE ONLY "public"."parcels";

GRANT USAGE ON SCHEMA "public" TO "postgres";
GRANT USAGE ON SCHEMA "public" TO "anon";
GRANT USAGE ON SCHEMA "public" TO "authenticated";
GRANT USAGE ON SCHEMA "public" TO "service_role";

GRANT ALL ON TABLE "public"."parcels" TO "anon";
GRANT ALL ON TABLE "public"."parcels" TO "authenticated";
GRANT ALL ON TABLE "public"."parcels" TO "service_role";

ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" GRANT ALL ON SEQUENCES TO "postgres";
ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" GRANT ALL ON TABLES TO "anon";
ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" GRANT ALL ON FUNCTIONS TO "service_role";

RESET ALL;
