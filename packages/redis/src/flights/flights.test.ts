import { afterAll, beforeAll } from '@jest/globals';
import { sharedAnswersConformance } from '@nearhit/core/conformance/shared-answers';
import { sharedFlightsConformance } from '@nearhit/core/conformance/shared-flights';
import { RedisCluster, RedisServer } from '../../testing/index.ts';
import { sharing } from './flights.samples.ts';

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  [server, cluster] = await Promise.all([RedisServer.start(), RedisCluster.start()]);
});
afterAll(async () => {
  await Promise.all([server.close(), cluster.close()]);
});

sharedFlightsConformance('Redis', () => sharing(server.url));
sharedFlightsConformance('Redis Cluster', () => sharing(cluster.url));
sharedAnswersConformance('Redis', () => sharing(server.url));
sharedAnswersConformance('Redis Cluster', () => sharing(cluster.url));
