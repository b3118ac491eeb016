/** Whether something can be an e-mail address; the server decides whether it is one. */
export const isEmail = (text: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim());
