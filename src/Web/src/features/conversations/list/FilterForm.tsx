import { Button, Select, Stack, Switch } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../../api/session";
import { AWAITING, awaitingOf, wordOf } from "../../../conversation/status";
import { ConversationTagsDocument } from "../../../gql/graphql";
import { isOffice } from "../../../session/access";
import { AdministratorSelect, CustomerSelect } from "../choices";
import { orders } from "./search";
import { useChangeSearch } from "./useChangeSearch";

const route = getRouteApi("/shell/conversations");

/** Everything that the list can be filtered and sorted by. */
export function FilterForm() {
  const { t } = useTranslation();
  const office = isOffice(useViewer().role);
  const search = route.useSearch();
  const change = useChangeSearch();
  const active = search.awaiting ?? search.customer ?? search.responsible ?? search.unread ?? search.tag;
  const [{ data }] = useQuery({ query: ConversationTagsDocument, pause: !office, requestPolicy: "cache-and-network" });
  const known = data?.conversationTags ?? [];
  const tags = [...(search.tag && !known.includes(search.tag) ? [search.tag] : []), ...known];
  return (
    <Stack gap="sm">
      <Select
        label={t("conversations.awaiting.label")}
        placeholder={t("conversations.filter.awaitingAny")}
        clearable
        comboboxProps={{ withinPortal: false }}
        value={search.awaiting ? awaitingOf[search.awaiting] : null}
        data={AWAITING.map((value) => ({
          value,
          label: t(`conversations.awaiting.${value}`),
        }))}
        onChange={(value) => change({ awaiting: wordOf(awaitingOf, value) })}
      />
      {office && (
        <>
          <CustomerSelect
            label={t("conversations.filter.customer")}
            placeholder={t("conversations.filter.customerAny")}
            clearable
            comboboxProps={{ withinPortal: false }}
            value={search.customer ?? null}
            onChange={(value) => change({ customer: value ?? undefined })}
          />
          <AdministratorSelect
            label={t("conversations.filter.responsible")}
            placeholder={t("conversations.filter.responsibleAny")}
            clearable
            comboboxProps={{ withinPortal: false }}
            extra={[{ value: "none", label: t("conversations.filter.nobody") }]}
            value={search.responsible ?? null}
            onChange={(value) => change({ responsible: value ?? undefined })}
          />
          <Select
            label={t("conversations.filter.tag")}
            placeholder={t("conversations.filter.tagAny")}
            clearable
            searchable
            comboboxProps={{ withinPortal: false }}
            nothingFoundMessage={t("conversations.filter.tagNone")}
            data={tags}
            value={search.tag ?? null}
            onChange={(value) => change({ tag: value ?? undefined })}
          />
        </>
      )}
      <Select
        label={t("conversations.filter.order")}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        value={search.order ?? "updated"}
        data={(["updated", ...orders] as const).map((value) => ({ value, label: t(`conversations.filter.orders.${value}`) }))}
        onChange={(value) =>
          change({
            order: orders.find((known) => known === value),
            // Only of those who wait is there one who has waited the longest.
            ...(value === "waiting" && search.awaiting !== "customer" && { awaiting: "office" }),
          })
        }
      />
      <Switch
        label={t("conversations.filter.unread")}
        checked={search.unread ?? false}
        onChange={(event) => change({ unread: event.currentTarget.checked || undefined })}
      />
      {active !== undefined && (
        <Button
          variant="default"
          onClick={() =>
            change({ awaiting: undefined, customer: undefined, responsible: undefined, unread: undefined, tag: undefined })
          }
        >
          {t("conversations.filter.clear")}
        </Button>
      )}
    </Stack>
  );
}
