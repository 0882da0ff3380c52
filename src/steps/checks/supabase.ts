/** Checks that Supabase will take another project from us. */
import { ProviderError } from '../../errors.ts';
import { isClientName } from '../client-name.ts';
import { projectName } from '../supabase-name.ts';
import {
  isMasked,
  missingPermissions,
  revealPermission,
  type RegionSelection,
  type SupabaseClient,
} from '../../providers/supabase.ts';
import { fails, holds, type Check, type Finding, type ReadOnly } from '../check.ts';

interface Providers {
  readonly supabase: SupabaseClient;
  readonly settings: { readonly SUPABASE_ORG_ID: string; readonly SUPABASE_REGION: RegionSelection };
}

const supabase = {
  provider: 'supabase',
  credentials: 'SUPABASE_MANAGEMENT_TOKEN',
  address: 'SUPABASE_API_URL',
} as const;

/** Supabase counts those of one member over all free organizations of which they are owner or administrator. The check sees one organization. */
const freeProjects = 2;
/** Projects that are paused, or on their way out, do not count. */
const idleStatuses = new Set(['INACTIVE', 'PAUSING', 'GOING_DOWN', 'REMOVED']);

const checks: readonly Check<ReadOnly<Providers>>[] = [
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
  {
    ...supabase,
    name: 'keys',
    // Only a read shows it, and one of our own projects': the keys of another are none of our business.
    async look({ supabase: client }) {
      const { projects } = await client.listProjects();
      const [oldest] = projects
        .filter(({ name, status }) => status === 'ACTIVE_HEALTHY' && isClientName(projectName, name))
        .toSorted((one, other) => one.created_at.getTime() - other.created_at.getTime());
      if (oldest === undefined)
        return holds('unknown: there is no project of ours yet whose keys could be read');
      try {
        const keys = await client.listApiKeys(oldest.ref);
        return keys.some(isMasked) ? lacks([revealPermission]) : holds('the token reads the secret keys');
      } catch (error) {
        const status = error instanceof ProviderError ? error.status : undefined;
        if (status === 403 && missingPermissions(error).length === 0) return lacks([revealPermission]);
        if (status !== 400 && status !== 404) throw error;
        return holds(`unknown: the project ${oldest.name} shows no keys at present`);
      }
    },
  },
];

function lacks(permissions: readonly string[]): Finding {
  return fails(
    `the token lacks the permission ${permissions.join(', ')}`,
    `Add it to the access token at Supabase (${revealPermission} is "API Key Secrets" there), or make a new one and set SUPABASE_MANAGEMENT_TOKEN to it.`,
  );
}

/** A scoped token's refusal says by itself what is missing. */
export const supabaseChecks: readonly Check<ReadOnly<Providers>>[] = checks.map((check) => ({
  ...check,
  async look(providers) {
    try {
      return await check.look(providers);
    } catch (error) {
      const missing = missingPermissions(error);
      if (missing.length === 0) throw error;
      return lacks(missing);
    }
  },
}));
