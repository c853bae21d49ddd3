/** Forms of a report that `-o` names. */
export const reviewFormats = ['text', 'json', 'markdown', 'html'] as const;
export type ReviewFormat = (typeof reviewFormats)[number];
