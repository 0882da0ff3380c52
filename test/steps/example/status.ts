/** A provider of status pages: one verb, one request. */
import { z } from 'zod';
import { providerHttp } from '../../../src/http/request.ts';
import type { Permit } from '../../../src/http/permit.ts';

/** Just the fields that we read. */
const pageSchema = z.object({
  id: z.string(),
  name: z.string(),
  note: z.string(),
  url: z.url(),
  state: z.enum(['building', 'published']),
  createdAt: z.coerce.date(),
});
export type StatusPage = z.infer<typeof pageSchema>;

const isNotFound = ({ status }: { status: number }) => status === 404;

export function statusClient(url: string, token: string, limits: { timeoutMs: number; signal: AbortSignal }) {
  const headers = { authorization: `Bearer ${token}` };
  const http = providerHttp({ provider: 'status', baseUrl: url, headers, ...limits });
  return {
    /** Proves that the token may read: what it does not find then is not there. */
    async readAccount() {
      return (await http.read('GET /account', { schema: z.object({ plan: z.string() }) })).data;
    },
    /** All of them, and the provider's clock. */
    async listPages() {
      const { data: pages, at } = await http.read('GET /pages', { schema: z.array(pageSchema) });
      return { pages, at };
    },
    async findPage(id: string) {
      const call = { params: { id }, schema: pageSchema, isAbsent: isNotFound };
      return (await http.readIfThere('GET /pages/{id}', call))?.data;
    },
    async createPage(permit: Permit, page: { name: string; note: string }) {
      return (await http.mutate(permit, 'POST /pages', { body: page, schema: pageSchema })).data;
    },
    async deletePage(permit: Permit, id: string) {
      await http.mutate(permit, 'DELETE /pages/{id}', { params: { id }, schema: z.unknown() });
    },
  };
}
