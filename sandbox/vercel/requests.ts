import { z } from 'zod';
import { frameworks } from './frameworks.ts';

const targets = z.enum(['production', 'preview', 'development']);

/** A variable as it is sent; `sensitive` ones exist only where nobody needs to read them. */
export const variableRequest = z
  .strictObject({
    key: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[A-Za-z_]\w*$/),
    value: z.string(),
    target: z.union([targets.transform((target) => [target]), z.array(targets).min(1)]),
    type: z.enum(['system', 'secret', 'encrypted', 'plain', 'sensitive']).default('encrypted'),
    gitBranch: z.string().max(250).optional(),
    comment: z.string().max(500).optional(),
  })
  .refine(
    ({ type, target }) => type !== 'sensitive' || !target.includes('development'),
    'You cannot set a Sensitive Environment Variable’s target to development.',
  );

/** What a valid variable holds. */
export type VariableRequest = z.infer<typeof variableRequest>;

const nullableText = z.string().max(256).nullish();

/** Its sentence is in many public reports; the names follow it, in quotation marks. */
const framework = z
  .string()
  .refine((name) => frameworks.has(name), {
    error: `Invalid request: \`framework\` should be equal to one of the allowed values "${[...frameworks].join(', ')}".`,
  })
  .nullish();

/** `POST /v11/projects`; unknown fields are refused. */
export const createProjectRequest = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(
      /^(?!.*---)[a-z0-9._-]+$/,
      "Project names can be up to 100 characters long and must be lowercase. They can include letters, digits, and the following characters: '.', '_', '-'. However, they cannot contain the sequence '---'.",
    ),
  framework,
  gitRepository: z
    .strictObject({ type: z.enum(['github', 'github-limited', 'gitlab', 'bitbucket']), repo: z.string() })
    .optional(),
  environmentVariables: z.array(variableRequest).optional(),
  rootDirectory: nullableText,
  buildCommand: nullableText,
  devCommand: nullableText,
  installCommand: nullableText,
  outputDirectory: nullableText,
  commandForIgnoringBuildStep: nullableText,
  serverlessFunctionRegion: z.string().max(4).nullish(),
  publicSource: z.boolean().nullish(),
  skipGitConnectDuringLink: z.boolean().optional(),
  enablePreviewFeedback: z.boolean().nullish(),
  enableProductionFeedback: z.boolean().nullish(),
  previewDeploymentsDisabled: z.boolean().nullish(),
  enableAffectedProjectsDeployments: z.boolean().optional(),
  ssoProtection: z.unknown().optional(),
  oidcTokenConfig: z.unknown().optional(),
  resourceConfig: z.unknown().optional(),
  serverlessFunctionZeroConfigFailover: z.boolean().optional(),
});

/** `POST /v13/deployments`; unknown fields are refused. */
export const createDeploymentRequest = z.strictObject({
  name: z.string().min(1),
  project: z.string().optional(),
  target: z.string().optional(),
  meta: z.record(z.string(), z.string()).default({}),
  gitSource: z
    .object({
      type: z.literal('github'),
      repoId: z.union([z.number(), z.string()]).optional(),
      org: z.string().optional(),
      repo: z.string().optional(),
      ref: z.string(),
      sha: z.string().optional(),
    })
    .optional(),
  gitMetadata: z.unknown().optional(),
  files: z.array(z.unknown()).optional(),
  deploymentId: z.string().optional(),
  projectSettings: z.unknown().optional(),
  customEnvironmentSlugOrId: z.string().optional(),
  monorepoManager: z.string().nullish(),
  withLatestCommit: z.boolean().optional(),
});

/** What a valid deployment request holds. */
export type CreateDeploymentRequest = z.infer<typeof createDeploymentRequest>;

/** The first problem of a body, in Vercel's words. */
export function describeProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'Invalid request.';
  if (issue.code === 'unrecognized_keys') {
    return `Invalid request: should NOT have additional property \`${issue.keys[0] ?? ''}\`.`;
  }
  if (issue.code === 'custom' || issue.code === 'invalid_format') return issue.message;
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return `Invalid request: missing required property \`${issue.path.join('.')}\`.`;
  }
  return `Invalid request: \`${issue.path.join('.')}\` ${issue.message}.`;
}
