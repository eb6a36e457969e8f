import { sharedFlightsConformance } from '../conformance/shared-flights.conformance.ts';
import { MemoryFlights } from './memory-flights.ts';

sharedFlightsConformance('memory', async () => {
  const shared = new MemoryFlights();
  const processes = [shared.open(), shared.open(), shared.open()] as const;
  return { processes, close: async () => void (await Promise.all(processes.map((flights) => flights.close()))) };
});
