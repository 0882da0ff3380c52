/** The mark as it stands in a provider's object: `prov-<provisioning id>`, with or without a nonce. */

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const markPattern = new RegExp(`^prov-(${uuid})(?:-[0-9a-f]+)?$`);
const uuidPattern = new RegExp(`^${uuid}$`);

/** The provisioning that a mark names. Undefined: the text is no mark. */
export function provisioningOfMark(text: string): string | undefined {
  return markPattern.exec(text)?.[1];
}

/** A provisioning's id. Undefined: the text is none. */
export function provisioningIdIn(text: string | undefined): string | undefined {
  return text !== undefined && uuidPattern.test(text) ? text : undefined;
}
