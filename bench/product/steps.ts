/** Five plain steps in the place of the product's: each looks, and makes one thing with one call at the stub. */
import { z } from 'zod';
import { NotYet, StepFailure } from '../../src/errors.ts';
import type { Permit } from '../../src/http/permit.ts';
import { providerHttp } from '../../src/http/request.ts';
import { defineStep, type CallLimits, type ResourceType, type Step } from '../../src/steps/step.ts';
import {
  bootMs,
  saysRollsBack,
  saysWaits,
  positions,
  stepCount,
  thingName,
  waitPosition,
} from '../orders.ts';
import { thing } from '../stub/report.ts';

const environment = z.object({ STUB_URL: z.url() });
const output = z.object({ thingId: z.string() });

type Providers = ReturnType<typeof connect>;

function connect(settings: z.infer<typeof environment>, limits: CallLimits) {
  const http = providerHttp({ provider: 'stub', baseUrl: settings.STUB_URL, headers: {}, ...limits });
  return {
    stub: {
      async list(name: string) {
        const { data, at } = await http.read('GET /things', { query: { name }, schema: z.array(thing) });
        return { things: data, at };
      },
      /** Undefined: there is none. */
      async read(id: string) {
        const call = {
          params: { id },
          schema: thing,
          isAbsent: ({ status }: { status: number }) => status === 404,
        };
        return (await http.readIfThere('GET /things/{id}', call))?.data;
      },
      async create(permit: Permit, name: string) {
        return (await http.mutate(permit, 'POST /things', { body: { name }, schema: thing })).data;
      },
      async remove(permit: Permit, id: string) {
        await http.mutate(permit, 'DELETE /things/{id}', { params: { id }, schema: z.unknown() });
      },
    },
  };
}

export const benchSteps: readonly Step[] = positions.map(makeStep);

function makeStep(position: number): Step {
  const resource = resourceOf(position);
  return defineStep({
    name: `thing-${position}`,
    title: `Thing ${position}`,
    environment,
    output,
    result: ['thingId'],
    resources: [resource],
    connect,
    async run(context) {
      const thingId = await context.create(resource);
      if (position === waitPosition && saysWaits(context.client.clientName)) {
        const made = await context.providers.stub.read(thingId);
        if ((made?.ageMs ?? 0) < bootMs) throw new NotYet('the thing to be ready');
      }
      if (position === stepCount && saysRollsBack(context.client.clientName))
        throw new StepFailure('provider-rejected', 'this order is to be undone');
      return { thingId };
    },
    undo: (context) => context.remove(resource),
  });
}

function resourceOf(position: number): ResourceType<Providers, Partial<z.infer<typeof output>>> {
  const describe = ({ id, name }: z.infer<typeof thing>) => ({
    externalId: id,
    name,
    url: undefined,
    output: { thingId: id },
  });
  return {
    kind: `stub.thing-${position}`,
    nameFor: ({ clientId }) => thingName(clientId, position),
    async find({ client, providers }) {
      const { things, at } = await providers.stub.list(this.nameFor(client));
      return {
        objects: things.map((one) => ({ ...describe(one), isOurs: false, createdAt: undefined })),
        at,
      };
    },
    create: async (permit, { client, providers }) =>
      describe(await providers.stub.create(permit, thingName(client.clientId, position))),
    read: async ({ providers }, id) => ((await providers.stub.read(id)) === undefined ? 'absent' : 'present'),
    proveSight: async () => ({ sees: 'all' }),
    remove: (permit, { providers }, id) => providers.stub.remove(permit, id),
    judge: () => undefined,
  };
}
