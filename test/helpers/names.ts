/** The names of a client's objects, as the outside contract gives them: not by the product's own functions. */
export function namesOf(clientId: string) {
  return {
    supabaseProject: `client-${clientId}-prod`,
    repository: `client-${clientId}-app`,
    vercelProject: `client-${clientId}-app`,
    workflow: `Client ${clientId}`,
    webhookPath: `client-${clientId}/content`,
  };
}
