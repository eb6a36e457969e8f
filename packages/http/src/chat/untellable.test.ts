import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { type Delivery, type Exchange, NearhitError, type PreparedRequest } from '@nearhit/core';
import { entry } from '../../test/entry.ts';
import { deliver } from './deliver.ts';
import { chatForm, type ReplyForm } from './form.ts';

/** Delivers one exchange over a real connection. */
async function delivered(exchange: Exchange, form: ReplyForm): Promise<Response> {
  const server = createServer((_req, res) => deliver(exchange, { res, startedAtMs: performance.now(), form }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await response.clone().text();
    return response;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an answer that can not be told in the words of a door is an error, and the request is over', async () => {
  const deliveries: Delivery[] = [];
  const exchange: Exchange = {
    ...{ requestId: 'r-1', stages: {}, headers: () => [] },
    request: { stream: false, includeUsage: false } as PreparedRequest,
    outcome: { kind: 'hit', layer: 'l1', cached: { entry: entry(1), rendered: new Map() }, ageSeconds: 0 },
    finish: (delivery) => void deliveries.push(delivery),
  };
  const json = () => {
    throw new NearhitError('UPSTREAM_INVALID', 'The provider answered with a body that is no chat completion.');
  };
  const response = await delivered(exchange, { ...chatForm, json });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ error: { code: 'upstream_invalid_response' } });
  expect(deliveries).toMatchObject([{ status: 502, failed: true }]);
});
