import type { World } from './world.ts';

/** The environment variables that a provisioner needs to work against this sandbox. */
export function environmentOf(world: World): Record<string, string> {
  return {
    SUPABASE_MANAGEMENT_TOKEN: world.tokens.supabase,
    SUPABASE_ORG_ID: world.supabaseOrganization,
    SUPABASE_REGION: 'eu-central-1',
    SUPABASE_API_URL: world.urls.supabase,
    SUPABASE_DB_SESSION_PORT: String(world.pooler.port),
    SUPABASE_DB_SSL: 'disable',
    GITHUB_TOKEN: world.tokens.github,
    GITHUB_ORG: world.organization,
    GITHUB_TEMPLATE_REPO: world.templateRepository,
    GITHUB_API_URL: world.urls.github,
    VERCEL_TOKEN: world.tokens.vercel,
    VERCEL_TEAM_ID: world.teamId,
    VERCEL_API_URL: world.urls.vercel,
    N8N_API_KEY: world.tokens.n8n,
    N8N_HOST: world.urls.n8n,
    ...(world.n8n.webhookPath === 'webhook' ? {} : { N8N_WEBHOOK_PATH: world.n8n.webhookPath }),
  };
}
