/** The name of a client's Supabase project. */
export function projectName(clientId: string): string {
  return `client-${clientId}-prod`;
}
