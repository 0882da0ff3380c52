/** The mark as GitHub and n8n carry it: `prov-<provisioning id>`, with or without a nonce. */

export const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const markPattern = new RegExp(`^prov-(${uuid})(?:-[0-9a-f]+)?$`);

/** The provisioning that a mark names. Undefined: the text is no mark. */
export function provisioningOfMark(text: string): string | undefined {
  return markPattern.exec(text)?.[1];
}
