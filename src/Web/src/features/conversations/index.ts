export { conversationUpdates } from "./cache";
export { ConversationsPage } from "./list/ConversationsPage";
export { NoConversation } from "./list/NoConversation";
export { type ListSearch, readListSearch } from "./list/search";
