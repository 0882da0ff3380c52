/** The answer to an id that names nothing. */
import { Problem } from '../problem.ts';

export function notThere(): Problem {
  return new Problem(404, 'not-found', 'There is no provisioning of this id.');
}
