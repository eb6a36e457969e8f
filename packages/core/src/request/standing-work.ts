import { textParts } from '../key/fingerprint.ts';
import type { ChatMessage } from './chat-fields.ts';

/** UTF-16 units of a message that are read for orders. */
const READ_MAX = 4000;
/** An answer orders nothing. */
const ORDERING = new Set(['system', 'developer', 'user']);

const NOUNS =
  '(?:texts?|messages?|sentences?|inputs?|paragraphs?|e-?mails?|reviews?|words?|phrases?|comments?|posts?|tweets?|statements?|lyrics)';
const WORKS =
  '(?:translat(?:e|es|ing)|proofread|fix|edit|improve|paraphras(?:e|ing)|rephras(?:e|ing)|reword|rewrit(?:e|ing)|summari[sz](?:e|ing)|shorten|simplify|correct|classify|label|convert|transcribe|extract)';
/** Of text in small letters. */
const ORDERS = [
  // "You are a translator", "act as a grammar checker"
  /\b(?:you are|you're|act as|acting as|role of|serve as)\b[^.\n]{0,60}\b(?:translator|interpreter|proofreader|paraphraser|summari[sz]er|copy ?editor|classifier|(?:grammar|spell(?:ing)?|text) ?(?:checker|corrector|correction)|translation (?:engine|machine|assistant|bot|tool|model|system|service)|sentiment (?:classifier|analy[sz]er|analysis))\b/,
  // "Translate the user's messages", "rewrite the following text", "correct everything that I send"
  new RegExp(
    `\\b${WORKS}\\b[^.\\n]{0,60}?\\b(?:(?:user(?:'s|s'|\u2019s)?|given|provided|following|incoming|input)(?: \\w+){0,2} ${NOUNS}|user input|${NOUNS} (?:provided|given|sent|written|typed) by|(?:what|whatever|everything|anything|${NOUNS})(?: that)? (?:the user|i|they)\\b)`,
  ),
  // "Your task is to summarize reviews"
  new RegExp(`\\byour (?:task|job|role|goal) is to (?:\\w+ )?${WORKS}\\b[^.\\n]{0,40}?\\b${NOUNS}\\b`),
  // "The user will send you sentences. Reply with the French translation.", "You will be given a text. Extract all names."
  new RegExp(
    `\\b(?:(?:the user|i)(?:'ll|\u2019ll| will| am going to)? ?(?:sends?|gives?|provides?|types?|pastes?|enters?|writes?)|you(?:'ll|\u2019ll| will) (?:be (?:given|provided with|sent|shown)|receive|get))\\b[^.\\n]{0,40}\\b${NOUNS}\\b[\\s\\S]{0,200}\\b(?:${WORKS}|translation|summary|sentiment|gramma|spelling)`,
  ),
  /(?:^|[\s.,;:!?"'(-])(?:bạn là|đóng vai|hãy là)[^.\n]{0,60}(?:phiên dịch|biên dịch|dịch giả|người dịch|máy dịch|công cụ dịch|trợ lý dịch|kiểm tra (?:chính tả|ngữ pháp)|sửa (?:lỗi )?chính tả)/,
  /(?:^|[\s.,;:!?"'(-])(?:dịch|sửa|tóm tắt|viết lại|diễn đạt lại|phân loại)[^.\n]{0,60}(?:của người dùng|người dùng (?:gửi|nhập|đưa)|(?:tôi|mình|em) (?:gửi|nhập|đưa))/,
];

const orders = (text: string): boolean => ORDERS.some((order) => order.test(text));

/**
 * Does a message before the one at `at` order that what the user sends be translated, corrected, rewritten, summed up or
 * sorted? Then that message is no question but a text to work on, and near it in meaning is not near enough.
 */
export function hasStandingWork(messages: readonly ChatMessage[], at: number): boolean {
  const before = messages.slice(0, Math.max(at, 0)).filter(({ role }) => ORDERING.has(role));
  return before.some(({ content }) => orders(textParts(content).join('\n').slice(0, READ_MAX).toLowerCase()));
}
