import { ActionIcon, Center, Group, Indicator, Loader, Pill, Popover, Tooltip } from "@mantine/core";
import { IconAdjustmentsHorizontal } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../../api/session";
import { awaitingOf } from "../../../conversation/status";
import { CustomerNameDocument } from "../../../gql/graphql";
import { isOffice } from "../../../session/access";
import { useAdministrators } from "../useAdministrators";
import { useChangeSearch } from "./useChangeSearch";

const route = getRouteApi("/shell/conversations");

// Not needed for what is seen first.
const FilterForm = lazy(() => import("./FilterForm").then(({ FilterForm }) => ({ default: FilterForm })));

/** The list's filters and order, besides status and words. */
export function Filters() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const active = [search.awaiting, search.customer, search.responsible, search.unread, search.tag].filter(Boolean).length;
  return (
    <Popover position="bottom-end" width={300} shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <Tooltip label={t("conversations.filter.button")}>
          <Indicator label={active} disabled={active === 0} size={15} offset={4}>
            <ActionIcon
              variant="default"
              size={32}
              aria-label={
                active > 0
                  ? `${t("conversations.filter.button")} (${t("conversations.filter.active", { count: active })})`
                  : t("conversations.filter.button")
              }
            >
              <IconAdjustmentsHorizontal size={17} stroke={1.7} />
            </ActionIcon>
          </Indicator>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("conversations.filter.title")}>
        <Suspense
          fallback={
            <Center p="xl">
              <Loader size="sm" />
            </Center>
          }
        >
          <FilterForm />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The filters that are on, each with a way to take it off. */
export function ActiveFilters() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const change = useChangeSearch();
  const viewer = useViewer();
  const administrators = useAdministrators();
  const [{ data }] = useQuery({
    query: CustomerNameDocument,
    variables: { id: search.customer ?? "" },
    pause: !search.customer || !isOffice(viewer.role),
  });
  const responsible =
    search.responsible === "none"
      ? t("conversations.filter.nobody")
      : search.responsible === viewer.id
        ? t("conversations.filter.mine")
        : administrators.find(({ id }) => id === search.responsible)?.displayName;
  const on = {
    awaiting: search.awaiting && t(`conversations.awaiting.${awaitingOf[search.awaiting]}`),
    customer: search.customer && data?.customer?.name,
    responsible: search.responsible && responsible,
    unread: search.unread && t("conversations.filter.unread"),
    tag: search.tag && t("conversations.filter.tagged", { tag: search.tag }),
    order: search.order && t(`conversations.filter.orders.${search.order}`),
  };
  const shown = Object.entries(on).filter((entry): entry is [keyof typeof on, string] => !!entry[1]);
  if (shown.length === 0) return null;
  return (
    <Group gap={6}>
      {shown.map(([key, name]) => (
        <Pill
          key={key}
          withRemoveButton
          removeButtonProps={{ "aria-label": t("conversations.filter.remove", { name }), "aria-hidden": false, tabIndex: 0 }}
          onRemove={() => change({ [key]: undefined })}
        >
          {name}
        </Pill>
      ))}
    </Group>
  );
}
