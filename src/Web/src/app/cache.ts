import { cacheOf } from "../api/cache";
import { accountUpdates } from "../features/accounts";
import { conversationUpdates } from "../features/conversations";
import { customerUpdates } from "../features/customers";
import { notificationUpdates } from "../features/notifications";
import { organisationUpdates } from "../features/organisation";

/** The cache of the whole client: what one feature changes, the others show. */
export const cache = cacheOf([accountUpdates, conversationUpdates, customerUpdates, notificationUpdates, organisationUpdates]);
