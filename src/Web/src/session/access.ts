import type { Role } from "../gql/graphql";

/** Parts of the client that not everybody sees. The API decides what anybody may do; this only keeps doors away that lead nowhere. */
export type Area = "day" | "overview" | "history" | "customers" | "import" | "administrators" | "deliveries" | "settings" | "log";

const office: readonly Role[] = ["ADMINISTRATOR", "AUDITOR"];

const allowed: Record<Exclude<Area, "log">, readonly Role[]> = {
  day: ["ADMINISTRATOR"],
  overview: office,
  history: office,
  customers: office,
  import: ["ADMINISTRATOR"],
  administrators: office,
  deliveries: office,
  settings: office,
};

/** Whether somebody sees a part of the client; the log is for auditors and owners. Of a viewer of before it is not known whether they own. */
export const mayEnter = ({ role, isOwner }: { role: Role; isOwner?: boolean }, area: Area) =>
  area === "log" ? role === "AUDITOR" || isOwner === true : allowed[area].includes(role);

/** Whether somebody belongs to the office. */
export const isOffice = (role: Role) => office.includes(role);
