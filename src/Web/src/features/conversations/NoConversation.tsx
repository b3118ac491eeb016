export const NoConversation = () => null;
