/**
 * The generations of n8n that differ in what they answer, each named by the version that began it.
 *
 * - `1.122`: going live is `activate`; a route that is not there is 404 `not found`.
 * - `1.123`: the same words, and `GET /workflows/{id}/{versionId}` is there: a POST to an unknown route below a workflow
 *   is 405.
 * - `2.33`: going live is `publish` too, and answers before the webhook is registered.
 *
 * The borders are those of the packages on npm; docs/fidelity.md has the versions that were run.
 */
export const n8nVersions = ['1.122', '1.123', '2.33'] as const;

/** One generation. */
export type N8nVersion = (typeof n8nVersions)[number];

export const newestN8n: N8nVersion = '2.33';
