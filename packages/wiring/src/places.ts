import type { Config } from '@nearhit/config';

/** The namespaces and models that are known by configuration, for the labels of metrics. */
export const placesOf = ({ policies, models }: Config) => ({
  namespaces: ['default', ...Object.keys(policies.namespaces)],
  models: models.map(({ id }) => id),
});
