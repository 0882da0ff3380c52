/** Whether Supabase will take another project from us. */
import type { RegionSelection, SupabaseClient } from '../../providers/supabase.ts';
import { fails, holds, type Check, type ReadOnly } from '../check.ts';

interface Providers {
  readonly supabase: SupabaseClient;
  readonly settings: { readonly SUPABASE_ORG_ID: string; readonly SUPABASE_REGION: RegionSelection };
}

const supabase = {
  provider: 'supabase',
  credentials: 'SUPABASE_MANAGEMENT_TOKEN',
  address: 'SUPABASE_API_URL',
} as const;

/** Of one member, over all free organizations in which they are owner or administrator. */
const freeProjects = 2;
/** What is paused, or on its way out, does not count. */
const idleStatuses = new Set(['INACTIVE', 'PAUSING', 'GOING_DOWN', 'REMOVED']);

export const supabaseChecks: readonly Check<ReadOnly<Providers>>[] = [
  {
    ...supabase,
    name: 'token',
    async look({ supabase: client, settings }) {
      const slugs = await client.listOrganizationSlugs();
      if (slugs.length === 0)
        return fails(
          'the token sees no organization: it belongs to a single project, and can create none',
          'Make an access token for the whole organization and set SUPABASE_MANAGEMENT_TOKEN to it.',
        );
      if (!slugs.includes(settings.SUPABASE_ORG_ID))
        return fails(
          `the token does not see the organization ${settings.SUPABASE_ORG_ID}`,
          "Set SUPABASE_ORG_ID to the organization's slug, or make the token with an account that belongs to it.",
        );
      return holds(`the token is for the organization ${settings.SUPABASE_ORG_ID}`);
    },
  },
  {
    ...supabase,
    name: 'region',
    async look({ supabase: client, settings: { SUPABASE_REGION: wanted } }) {
      const regions = await client.listRegions();
      const list: readonly { readonly code: string; readonly status?: string | null | undefined }[] =
        wanted.type === 'smartGroup' ? regions.smartGroup : regions.specific;
      const found = list.find(({ code }) => code === wanted.code);
      if (found === undefined)
        return fails(
          `Supabase has no region ${wanted.code}`,
          `Set SUPABASE_REGION to one of ${regions.specific.map(({ code }) => code).join(', ')}, or smartGroup:americas|emea|apac.`,
        );
      if (found.status != null)
        return fails(
          `the region ${wanted.code} takes no new project at present`,
          'Set SUPABASE_REGION to another region, or to a group of regions.',
        );
      return holds(`projects are placed in ${wanted.code}`);
    },
  },
  {
    ...supabase,
    name: 'quota',
    async look({ supabase: client }) {
      const { plan } = await client.readOrganization();
      if (plan !== 'free') return holds(`the organization's plan is ${plan ?? 'not told'}`);
      const { projects } = await client.listProjects();
      const active = projects.filter(({ status }) => !idleStatuses.has(status)).length;
      const count = `the free plan allows ${freeProjects} active projects, and the organization has ${active}`;
      return active < freeProjects
        ? holds(count)
        : fails(count, "Raise the organization's plan, or pause or delete a project.");
    },
  },
];
