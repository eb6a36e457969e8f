import { sharedAnswersConformance } from '../conformance/shared-answers.conformance.ts';
import { sharedFlightsConformance } from '../conformance/shared-flights.conformance.ts';
import { MemoryFlights } from './memory-flights.ts';

const open = async () => {
  const shared = new MemoryFlights();
  const processes = [shared.open(), shared.open(), shared.open()] as const;
  return { processes, close: async () => void (await Promise.all(processes.map((flights) => flights.close()))) };
};

sharedFlightsConformance('memory', open);
sharedAnswersConformance('memory', open);
