/** By which door a request came. */
export type Endpoint = 'chat' | 'messages' | 'responses' | 'embeddings' | 'batch';

/** What clients may speak beside chat completions, for chats. */
export type FrontApi = 'messages' | 'responses';
