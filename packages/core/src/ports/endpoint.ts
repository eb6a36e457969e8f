/** By which door a request came. `audit`: by none, the house asks for itself. */
export type Endpoint = 'chat' | 'messages' | 'responses' | 'embeddings' | 'batch' | 'audit';

/** What clients may speak beside chat completions, for chats. */
export type FrontApi = 'messages' | 'responses';
