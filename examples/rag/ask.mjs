#!/usr/bin/env node
// node examples/rag/ask.mjs "How long is the warranty of a kettle?"
import { fileURLToPath } from 'node:url';
import { Rag } from './rag.mjs';

const { NEARHIT_URL: url = 'http://localhost:8080', NEARHIT_API_KEY: apiKey, MODEL: model } = process.env;
const question = process.argv.slice(2).join(' ') || 'How long is the warranty of a kettle?';
const rag = new Rag({ url, apiKey, model, folder: fileURLToPath(new URL('documents', import.meta.url)) });
await rag.index();
const { answer, documents, cache, layer, reason } = await rag.ask(question);
console.log(
  `${answer}\n\nrests on ${documents.join(', ')}; cache: ${[cache, layer, reason].filter(Boolean).join(', ')}`,
);
