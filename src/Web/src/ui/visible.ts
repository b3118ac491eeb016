// Letters, digits, punctuation and symbols: no white space, no controls and formats, no marks without a letter. The rest are fillers and empty patterns, which are
// letters and symbols by name only. As the server has it.
const something = /(?![\u115f\u1160\u2800\u3164\uffa0])[\p{L}\p{N}\p{P}\p{S}\p{Co}]/u;

/** Whether there is something to see in a text. */
export const isVisible = (text: string) => something.test(text);
