import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** The status of an answer to exactly these headers: `fetch` adds some of its own, which ask for a fresh copy. */
export const statusFor = async (url: string, headers: Readonly<Record<string, string>>): Promise<number> => {
  const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
};
