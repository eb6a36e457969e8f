import { expect, test } from '@jest/globals';
import { until, WriteTarget } from '@nearhit/core/conformance/write-queue';
import { connect, startConsumer, startServer } from '../../testing/queue-house.ts';

/** Longer than a test may take. */
const closeMs = 60_000;

test.each(['from the start', 'since then'])(
  'a consumer ends while Redis is away (%s)',
  async (since) => {
    const server = await startServer();
    if (since === 'from the start') await server.kill();
    const consumer = await startConsumer(connect(server.url), new WriteTarget().write, { closeMs });
    await until(
      () => consumer.running(),
      (running) => running,
    );
    if (since === 'since then') await server.kill();
    await consumer.close();
    expect(consumer.running()).toBe(false);
  },
  20_000,
);
