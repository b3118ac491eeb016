import { authorizedFetch, freshToken } from "./session";

/**
 * The tries to get an answer by HTTP: requests at once, and the time until one of them begins to answer, in ms. Connections that were open before
 * may have gone silent, and browsers have up to six of them: each request that is given up takes one of them away, until it is a new one that is used.
 */
const tries = [
  { asks: 1, within: 6_000 },
  { asks: 2, within: 5_000 },
  { asks: 3, within: 30_000 },
] as const;

/** The time limit of an answer's body, in ms. */
const restWithin = 60_000;

/** The time limit of a command, in ms: it is not sent again by itself. */
const commandWithin = 30_000;

/**
 * Asks for what changes nothing, so that it may be asked again: a connection that has gone silent is given up for another one.
 * @param first With which try to begin: later ones are for when something else has gone silent already.
 */
export async function askPatiently(input: RequestInfo | URL, init: RequestInit = {}, first = 0): Promise<Response> {
  // The time that this takes is no sign of a silent connection.
  await freshToken();
  for (let at = first; ; at++) {
    const { asks, within } = tries[at]!;
    const aborts = Array.from({ length: asks }, () => new AbortController());
    const stop = (but?: number) => {
      for (const [each, abort] of aborts.entries()) if (each !== but) abort.abort();
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, within);
    try {
      return await Promise.any(
        aborts.map(async ({ signal }, each) => {
          const ends = init.signal ? [signal, init.signal] : [signal];
          const response = await authorizedFetch(input, { ...init, signal: AbortSignal.any(ends) });
          stop(each);
          setTimeout(() => aborts[each]?.abort(), restWithin);
          return response;
        }),
      );
    } catch (failed) {
      if (!isLate || init.signal?.aborted || at + 1 >= tries.length)
        throw failed instanceof AggregateError ? failed.errors[0] : failed;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Sends a command: whoever gave it hears that there is no answer, rather than nothing. */
export const command = (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
  const late = AbortSignal.timeout(commandWithin);
  return authorizedFetch(input, { ...init, signal: init.signal ? AbortSignal.any([late, init.signal]) : late });
};
