import { z } from 'zod';
import { defineStep } from '../../src/steps/step.ts';

/** Makes nothing, at once: for tests of what is told, not of what is done. */
export const quickStep = defineStep({
  name: 'quick',
  title: 'Nothing',
  environment: z.object({}),
  output: z.object({}),
  result: [],
  connect: () => ({}),
  run: async () => ({}),
  undo: async () => {},
});
