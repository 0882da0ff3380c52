import { json, parameter, type Operation } from '../exchange.ts';
import type { World } from '../world.ts';
import { regions, smartGroups } from './requests.ts';

const groupNames = { americas: 'Americas', emea: 'Europe', apac: 'Asia-Pacific' } as const;

const specificRegions = regions.map((code) => ({ name: code, code, type: 'specific', provider: 'AWS' }));
const groups = (['americas', 'emea', 'apac'] as const).map((code) => ({
  name: groupNames[code],
  code,
  type: 'smartGroup',
}));

/** A token for chosen projects sees no organization, and none of the projects that are made later. */
export function seesOrganization({ switches }: World): boolean {
  return switches.accounts.supabaseTokenScope === 'organization' && !switches.blind.has('supabase');
}

/** The token's organization, and where projects can be placed. */
export function organizationOperations(world: World): Operation[] {
  const slug = world.supabaseOrganization;
  return [
    {
      name: 'listOrganizations',
      method: 'GET',
      path: '/v1/organizations',
      handle: () => {
        return json(200, seesOrganization(world) ? [{ id: slug, slug, name: 'Sandbox' }] : []);
      },
    },
    {
      name: 'getOrganization',
      method: 'GET',
      path: '/v1/organizations/:slug',
      handle: (request) =>
        parameter(request, 'slug') === slug
          ? json(200, {
              id: slug,
              name: 'Sandbox',
              plan: world.switches.isQuotaReached ? 'free' : world.switches.accounts.supabasePlan,
              opt_in_tags: [],
              allowed_release_channels: ['ga', 'preview'],
            })
          : json(404, { message: 'Organization not found' }),
    },
    {
      name: 'listRegions',
      method: 'GET',
      path: '/v1/projects/available-regions',
      handle(request) {
        const wanted = request.query.get('organization_slug');
        if (wanted === null) return json(400, { message: 'organization_slug: Required' });
        if (wanted !== slug) return json(404, { message: 'Organization not found' });
        return json(200, {
          recommendations: {
            smartGroup: groups[0],
            specific: specificRegions.filter(({ code }) => code === smartGroups.americas),
          },
          all: { smartGroup: groups, specific: specificRegions },
        });
      },
    },
  ];
}
