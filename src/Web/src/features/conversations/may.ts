import type { ViewerPartsFragment } from "../../gql/graphql";

/** Whether somebody may start conversations. */
export const mayCreate = ({ role, organisation }: ViewerPartsFragment) =>
  role === "ADMINISTRATOR" || (role === "CUSTOMER" && organisation.settings.customersMayStartConversations);

/** Whether somebody may write in conversations. */
export const mayWrite = ({ role }: ViewerPartsFragment) => role !== "AUDITOR";

/** Whether somebody may set statuses, assign, run actions and write internal notes. */
export const mayManage = ({ role }: ViewerPartsFragment) => role === "ADMINISTRATOR";
