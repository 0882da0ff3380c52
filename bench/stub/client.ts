/** One call at the stub, as a plain program makes it: for the systems that are not the product. */
import { thing } from './report.ts';

/** Makes a thing and returns its id. */
export async function createThing(stubUrl: string, name: string): Promise<string> {
  const response = await fetch(`${stubUrl}/things`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!response.ok) throw new Error(`the stub answered ${response.status}`);
  return thing.parse(await response.json()).id;
}

export async function deleteThing(stubUrl: string, id: string): Promise<void> {
  const response = await fetch(`${stubUrl}/things/${id}`, { method: 'DELETE' });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the stub answered ${response.status}`);
}
