CREATE TYPE "public"."cargo_kind" AS ENUM('dry', 'wet');--> statement-breakpoint
CREATE TABLE "cargos" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"kind" "cargo_kind" NOT NULL,
	"owner_id" uuid NOT NULL
);
--> statement-breakpoint
ALTER TABLE "cargos" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "cargos" ADD CONSTRAINT "cargos_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "auth"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cargos_owner_idx" ON "cargos" USING btree ("owner_id");--> statement-breakpoint
CREATE POLICY "own cargos" ON "cargos" AS PERMISSIVE FOR ALL TO "authenticated" USING ((select auth.uid()) = "cargos"."owner_id");
