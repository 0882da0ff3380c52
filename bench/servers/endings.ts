/** Ends what was started, the newest first, whatever goes wrong meanwhile. */

export interface Endings {
  add(end: () => Promise<unknown>): void;
  /** Ends all of it. Throws the first error once everything was tried. */
  end(): Promise<void>;
}

function collectEndings(): Endings {
  const ends: (() => Promise<unknown>)[] = [];
  return {
    add: (end) => void ends.push(end),
    async end() {
      const errors: unknown[] = [];
      for (let end = ends.pop(); end !== undefined; end = ends.pop())
        await end().catch((error: unknown) => errors.push(error));
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** Does `work` with what it adds to the endings, and ends that on every way out. */
export async function endingAll<T>(work: (endings: Endings) => Promise<T>): Promise<T> {
  const endings = collectEndings();
  let result: T;
  try {
    result = await work(endings);
  } catch (error) {
    // The first error says more than those that it leads to.
    await endings.end().catch(() => {});
    throw error;
  }
  await endings.end();
  return result;
}
