import { Badge, Button, CloseButton, EmptyState, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import {
  IconAddressBookOff,
  IconBuildingPlus,
  IconBuildingStore,
  IconChevronRight,
  IconFileImport,
  IconSearch,
} from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useViewer } from "../../api/session";
import { CustomersDocument } from "../../gql/pages/graphql";
import classes from "../../people/People.module.css";
import { day } from "../../ui/day";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { searchMaximum } from "../../ui/searched";
import { RegisterModal } from "./RegisterModal";

const pageSize = 50;

/** The most tags of a customer that a row shows. */
const tagsShown = 3;

/** The pause after the last key before a search begins, in ms. */
const pause = 200;

/** The office's customers, by name. */
export function CustomersPage() {
  const { t } = useTranslation();
  const { q = "", tag } = useSearch({ from: "/shell/customers" });
  const navigate = useNavigate();
  const viewer = useViewer();
  // Whoever sees some of the customers only registers none.
  const mayRegister = viewer.role === "ADMINISTRATOR" && !viewer.isLimited;
  const [typed, setTyped] = useState(q);
  const [registering, registration] = useDisclosure();
  const search = useDebouncedCallback(
    (text: string) => void navigate({ to: "/customers", search: { q: text.trim() || undefined, tag }, replace: true }),
    pause,
  );
  const type = (text: string) => {
    setTyped(text);
    search(text);
  };
  return (
    <Page
      title={t("customers.title")}
      actions={
        mayRegister && (
          <Group gap="xs">
            <Button
              size="xs"
              variant="default"
              leftSection={<IconFileImport size={16} />}
              renderRoot={(props) => <Link to="/customers/import" {...props} />}
            >
              {t("customers.import.action")}
            </Button>
            <Button size="xs" leftSection={<IconBuildingPlus size={16} />} onClick={registration.open}>
              {t("customers.register")}
            </Button>
          </Group>
        )
      }
    >
      <TextInput
        type="search"
        mb="md"
        maxLength={searchMaximum}
        aria-label={t("customers.search")}
        placeholder={t("customers.search")}
        leftSection={<IconSearch size={16} stroke={1.7} />}
        rightSection={typed && <CloseButton size="sm" aria-label={t("customers.clear")} onClick={() => type("")} />}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
      />
      {tag && (
        <Group mb="md" gap="xs">
          <Text size="sm">{t("customers.tagged")}</Text>
          <Badge variant="light" tt="none" maw={320}>
            {tag}
          </Badge>
          <CloseButton
            size="sm"
            aria-label={t("customers.anyTag")}
            onClick={() => void navigate({ to: "/customers", search: { q: q || undefined }, replace: true })}
          />
        </Group>
      )}
      <ul className={classes.people} aria-label={t("customers.title")}>
        <Pages
          key={`${q}\n${tag}`}
          query={CustomersDocument}
          variables={{ search: q || null, tag: tag ?? null, first: pageSize }}
          pageOf={(data) => data.customers}
          row={({ id, name, number, tags, endedOn, hasEnded }) => (
            <li key={id}>
              <Link to="/customers/$customerId" params={{ customerId: id }} className={classes.link}>
                <IconBuildingStore size={18} stroke={1.6} color="var(--mantine-color-dimmed)" aria-hidden="true" />
                <span className={classes.text}>
                  <Text span display="block">
                    {name}
                  </Text>
                  {number && (
                    <Text span size="sm" c="dimmed">
                      {t("customers.numbered", { number })}
                    </Text>
                  )}
                </span>
                {endedOn && (
                  <Badge variant="light" color="gray" tt="none">
                    {t(hasEnded ? "customers.end.ended" : "customers.end.ends", { day: day(endedOn) })}
                  </Badge>
                )}
                {tags.slice(0, tagsShown).map((each) => (
                  <Badge key={each} variant="light" tt="none" maw={140} visibleFrom="sm">
                    {each}
                  </Badge>
                ))}
                <IconChevronRight size={16} color="var(--mantine-color-dimmed)" aria-hidden="true" />
              </Link>
            </li>
          )}
          loading={
            <Stack p="md" role="status" aria-busy="true" aria-label={t("common.loading")}>
              <Skeleton h={24} />
              <Skeleton h={24} />
              <Skeleton h={24} />
            </Stack>
          }
          empty={
            <EmptyState
              p="xl"
              icon={<IconAddressBookOff stroke={1.5} />}
              title={t(q || tag ? "customers.none" : "customers.empty")}
              description={
                q ? t("customers.noneText", { search: q }) : tag ? t("customers.noneTagged") : t("customers.emptyText")
              }
            />
          }
        />
      </ul>
      <RegisterModal opened={registering} close={registration.close} />
    </Page>
  );
}
