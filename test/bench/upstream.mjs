// A provider without a brain: answers at once, names the question's digest so that a wrongly served answer shows.
// Counts its calls; GET /calls tells.
import { createServer } from 'node:http';
import { announce } from './child.mjs';
import { markerOf } from './questions.mjs';

const SENTENCE = 'The quick answer is that the settings page holds what you are looking for, under account. ';
const TEXT_CHUNKS = 12;
const encoder = (object, choice) =>
  `{"id":"chatcmpl-bench","object":"${object}","created":1700000000,"model":"bench","system_fingerprint":"fp_bench","choices":[${choice}]`;
const chunk = (delta, finish = 'null') =>
  `data: ${encoder('chat.completion.chunk', `{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}`)}}\n\n`;
const USAGE = '"usage":{"prompt_tokens":180,"completion_tokens":160,"total_tokens":340}';

const first = Buffer.from(chunk('{"role":"assistant","content":""}'));
const middle = Buffer.from(chunk(JSON.stringify({ content: SENTENCE })));
const last = Buffer.from(chunk('{}', '"stop"'));
const usage = Buffer.from(`data: ${encoder('chat.completion.chunk', '')},${USAGE}}\n\n`);
const done = Buffer.from('data: [DONE]\n\n');
const rest = JSON.stringify(SENTENCE.repeat(TEXT_CHUNKS)).slice(1);

function answerJson(res, marker) {
  const message = `{"role":"assistant","content":"${marker} ${rest},"refusal":null}`;
  const body = Buffer.from(
    `${encoder('chat.completion', `{"index":0,"message":${message},"logprobs":null,"finish_reason":"stop"}`)},${USAGE}}`,
  );
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  res.end(body);
}

/** One chunk per turn of the event loop, as tokens arrive one by one. */
function answerStream(res, marker, includeUsage) {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const pieces = [first, Buffer.from(chunk(JSON.stringify({ content: `${marker} ` })))];
  for (let i = 0; i < TEXT_CHUNKS; i++) pieces.push(middle);
  pieces.push(last);
  if (includeUsage) pieces.push(usage);
  let at = 0;
  const next = () => {
    if (at === pieces.length) return res.end(done);
    res.write(pieces[at++]);
    setImmediate(next);
  };
  next();
}

let calls = 0;
const server = createServer((req, res) => {
  if (req.url === '/calls') return res.end(String(calls));
  const parts = [];
  req.on('data', (part) => parts.push(part));
  req.on('end', () => {
    if (req.method !== 'POST') return res.writeHead(404).end();
    calls += 1;
    const body = JSON.parse(Buffer.concat(parts).toString());
    const marker = markerOf(body.messages.at(-1).content);
    if (body.stream) answerStream(res, marker, body.stream_options?.include_usage === true);
    else answerJson(res, marker);
  });
});
announce(server);
