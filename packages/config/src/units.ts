import { z } from 'zod';

const DAY_MS = 86_400_000;

export const milliseconds = z.int().min(1).max(DAY_MS);
