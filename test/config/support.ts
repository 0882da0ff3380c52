/** An environment in which nothing is missing. Its values reach nobody. */
export const goodEnvironment: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://provisioner:database-password@127.0.0.1:1/provisioner',
  ADMIN_API_KEY: 'admin-key-of-more-than-32-characters',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(24, 2).toString('base64')}`,
  SUPABASE_MANAGEMENT_TOKEN: 'supabase-token',
  SUPABASE_ORG_ID: 'our-organization',
  SUPABASE_REGION: 'eu-central-1',
  SCHEMA_PATH: 'examples/template-schema',
  GITHUB_TOKEN: 'github-token',
  GITHUB_ORG: 'our-organization',
  GITHUB_TEMPLATE_REPO: 'client-template',
  VERCEL_TOKEN: 'vercel-token',
  N8N_API_KEY: 'n8n-key',
  N8N_HOST: 'n8n.example',
};
