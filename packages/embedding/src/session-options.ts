// Spinning threads would take the second core from the event loop; one text is too little work to share out anyway.
export const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
} as const;

/** For a model from memory whose external data lie in `folder`. */
export function withWeightsIn(folder: string) {
  const { session } = SESSION_OPTIONS.extra;
  return {
    ...SESSION_OPTIONS,
    extra: { session: { ...session, model_external_initializers_file_folder_path: folder } },
  };
}
