/** How long the sandbox's providers take for what they do asynchronously. All in milliseconds. */
export interface SandboxTiming {
  /** From the create answer until a Supabase project is `ACTIVE_HEALTHY`. */
  projectHealthyAfterMs: number;
  /** From the create answer until a Supabase project may be deleted. */
  projectDeletableAfterMs: number;
  /** From `ACTIVE_HEALTHY` until the api-keys endpoint stops answering 4xx. */
  keysAfterMs: number;
  /** From the generate answer until the template's content is in the repository. */
  repositoryContentAfterMs: number;
  /** How far Vercel's index of GitHub is behind: for a fresh repository, and for its first commit. */
  vercelSeesRepositoryAfterMs: number;
  /** From the deployment's create answer until its outcome. */
  deploymentReadyAfterMs: number;
  /** From the publish answer until the webhook is served. */
  webhookRegisteredAfterMs: number;
  /** From the unpublish answer until the webhook is gone and the workflow may be deleted. */
  unpublishedAfterMs: number;
  /** Between looking for a conflict and publishing: two publishes within it do not see each other. */
  publishBlindMs: number;
  /** How long a deleted Supabase project stays `GOING_DOWN`. */
  projectRemovalMs: number;
  /** How long a deleted repository can still be read. */
  repositoryRemovalMs: number;
  /** How long a deleted Vercel project can still be read. */
  vercelRemovalMs: number;
}

/** Paced for people to watch: a whole stack takes about ten seconds. */
export const realisticTiming: SandboxTiming = {
  projectHealthyAfterMs: 2500,
  projectDeletableAfterMs: 1500,
  keysAfterMs: 800,
  repositoryContentAfterMs: 1000,
  vercelSeesRepositoryAfterMs: 700,
  deploymentReadyAfterMs: 2500,
  webhookRegisteredAfterMs: 400,
  unpublishedAfterMs: 300,
  publishBlindMs: 20,
  projectRemovalMs: 800,
  repositoryRemovalMs: 200,
  vercelRemovalMs: 200,
};

/** Every delay is there, and none is worth waiting for: for tests. */
export const fastTiming: SandboxTiming = {
  projectHealthyAfterMs: 60,
  projectDeletableAfterMs: 40,
  keysAfterMs: 30,
  repositoryContentAfterMs: 30,
  vercelSeesRepositoryAfterMs: 20,
  deploymentReadyAfterMs: 50,
  webhookRegisteredAfterMs: 30,
  unpublishedAfterMs: 30,
  publishBlindMs: 20,
  projectRemovalMs: 20,
  repositoryRemovalMs: 10,
  vercelRemovalMs: 10,
};
