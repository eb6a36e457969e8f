/** By which door a request came. */
export type Endpoint = 'chat' | 'messages' | 'responses' | 'embeddings' | 'batch';
