import { z } from 'zod';

/** The regions to choose from. */
export const regions = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ap-east-1',
  'ap-southeast-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-southeast-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'eu-central-1',
  'eu-central-2',
  'ca-central-1',
  'ap-south-1',
  'sa-east-1',
] as const;

/** The groups from which the provider chooses, with the region that the sandbox takes. */
export const smartGroups = { americas: 'us-east-1', emea: 'eu-central-1', apac: 'ap-southeast-1' } as const;

const regionSelection = z.union([
  z.object({ type: z.literal('specific'), code: z.enum(regions) }),
  z.object({ type: z.literal('smartGroup'), code: z.enum(['americas', 'emea', 'apac']) }),
]);

/** `POST /v1/projects`; unknown fields are refused. */
export const createProjectRequest = z.strictObject({
  db_pass: z.string().min(4),
  name: z
    .string()
    .min(1)
    .max(256)
    .refine((name) => !name.includes('.'), 'Project name should not contain a . string'),
  organization_slug: z.string().regex(/^[\w-]+$/),
  organization_id: z.string().optional(),
  plan: z.enum(['free', 'pro']).optional(),
  region: z.enum(regions).optional(),
  region_selection: regionSelection.optional(),
  kps_enabled: z.boolean().optional(),
  desired_instance_size: z
    .string()
    .regex(/^(nano|micro|small|medium|large|\d*xlarge(_\w+)?)$/)
    .optional(),
  template_url: z.url().optional(),
});

/** What a valid create request holds. */
export type CreateProjectRequest = z.infer<typeof createProjectRequest>;

/** `POST …/database/query`. */
export const runQueryRequest = z.strictObject({
  query: z.string().min(1),
  parameters: z.array(z.unknown()).optional(),
  read_only: z.boolean().optional(),
});

/** `POST …/api-keys`. */
export const createKeyRequest = z.strictObject({
  type: z.enum(['publishable', 'secret']),
  name: z
    .string()
    .min(4)
    .max(64)
    .regex(/^[a-z_][a-z0-9_]+$/),
  description: z.string().nullish(),
  secret_jwt_template: z.record(z.string(), z.unknown()).nullish(),
});

/** The region that a create request asks for. */
export function regionOf(request: CreateProjectRequest): string {
  const selection = request.region_selection;
  if (selection === undefined) return request.region ?? 'us-east-1';
  return selection.type === 'specific' ? selection.code : smartGroups[selection.code];
}

/** One text for all that is wrong with a body. */
export function describeProblems(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
