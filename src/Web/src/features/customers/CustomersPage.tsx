import { Button, CloseButton, EmptyState, Skeleton, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconAddressBookOff, IconBuildingPlus, IconBuildingStore, IconChevronRight, IconSearch } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { CustomersDocument } from "../../gql/pages/graphql";
import classes from "../../people/People.module.css";
import { Failed } from "../../ui/Failed";
import { More } from "../../ui/More";
import { Page } from "../../ui/Page";
import { searchMaximum } from "../../ui/searched";
import { RegisterModal } from "./RegisterModal";

const pageSize = 50;

/** How long after the last key a search begins, in ms. */
const pause = 200;

/** The office's customers, by name. */
export function CustomersPage() {
  const { t } = useTranslation();
  const { q = "" } = useSearch({ from: "/shell/customers" });
  const navigate = useNavigate();
  const mayRegister = useViewer().role === "ADMINISTRATOR";
  const [typed, setTyped] = useState(q);
  const [registering, registration] = useDisclosure();
  const search = useDebouncedCallback(
    (text: string) => void navigate({ to: "/customers", search: text.trim() ? { q: text.trim() } : {}, replace: true }),
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
          <Button size="xs" leftSection={<IconBuildingPlus size={16} />} onClick={registration.open}>
            {t("customers.register")}
          </Button>
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
      <ul className={classes.people} aria-label={t("customers.title")}>
        <Rows key={q} search={q} />
      </ul>
      <RegisterModal opened={registering} close={registration.close} />
    </Page>
  );
}

function Rows({ search, after }: { search: string; after?: string }) {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  const [{ data, error }, again] = useQuery({
    query: CustomersDocument,
    variables: { search: search || null, first: pageSize, after },
    requestPolicy: "cache-and-network",
  });
  if (!data)
    return (
      <li>
        {error ? (
          <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />
        ) : (
          <Stack p="md" role="status" aria-busy="true" aria-label={t("common.loading")}>
            <Skeleton h={24} />
            <Skeleton h={24} />
            <Skeleton h={24} />
          </Stack>
        )}
      </li>
    );
  const { nodes, pageInfo } = data.customers;
  return (
    <>
      {nodes.map(({ id, name }) => (
        <li key={id}>
          <Link to="/customers/$customerId" params={{ customerId: id }} className={classes.link}>
            <IconBuildingStore size={18} stroke={1.6} color="var(--mantine-color-dimmed)" aria-hidden="true" />
            <span className={classes.text}>{name}</span>
            <IconChevronRight size={16} color="var(--mantine-color-dimmed)" aria-hidden="true" />
          </Link>
        </li>
      ))}
      {nodes.length === 0 && !after && (
        <li>
          <EmptyState
            p="xl"
            icon={<IconAddressBookOff stroke={1.5} />}
            title={t(search ? "customers.none" : "customers.empty")}
            description={search ? t("customers.noneText", { search }) : t("customers.emptyText")}
          />
        </li>
      )}
      {pageInfo.hasNextPage &&
        (more ? (
          <Rows search={search} after={pageInfo.endCursor ?? undefined} />
        ) : (
          <li>
            <More onMore={() => setMore(true)} />
          </li>
        ))}
    </>
  );
}
