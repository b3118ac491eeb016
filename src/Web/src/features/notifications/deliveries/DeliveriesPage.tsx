import {
  Anchor,
  Badge,
  Button,
  Code,
  Collapse,
  EmptyState,
  Group,
  Loader,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
} from "@mantine/core";
import { IconMailCheck, IconSend } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { useViewer } from "../../../api/session";
import { authorName } from "../../../conversation/author";
import {
  DeliveriesDocument,
  type DeliveryFilterInput,
  type DeliveryPartsFragment,
  type DeliveryState,
  MailOfDocument,
  ResendDeliveryDocument,
} from "../../../gql/pages/graphql";
import { Page } from "../../../ui/Page";
import { Pages } from "../../../ui/Pages";
import { Refused } from "../../../ui/Refused";
import { Time } from "../../../ui/Time";
import classes from "./Deliveries.module.css";
import { Inbound } from "./Inbound";

const pageSize = 30;

const route = getRouteApi("/shell/deliveries");

const colours: Record<DeliveryState, string> = {
  PENDING: "gray",
  SENDING: "gray",
  SENT: "teal",
  FAILED: "red",
  PERHAPS_SENT: "orange",
  NOT_NEEDED: "gray",
};

const failed: DeliveryState[] = ["FAILED", "PERHAPS_SENT"];

/** The mails of the office: to whom, why, and what became of each. What failed is sent again from here. */
export function DeliveriesPage() {
  const { t } = useTranslation();
  const { state, conversation, from } = route.useSearch();
  const navigate = route.useNavigate();
  const inbound = state === "inbound" && !conversation;
  const filter: DeliveryFilterInput = {
    ...(state === "failed" ? { states: failed } : {}),
    ...(conversation ? { conversationId: conversation } : {}),
    ...(from ? { createdFrom: from } : {}),
  };
  return (
    <Page title={t("notifications.deliveries.title")}>
      <Text size="sm" c="dimmed" mb="md">
        {t(inbound ? "notifications.inbound.lead" : "notifications.deliveries.lead")}
      </Text>
      <Group mb="md" justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label={t("notifications.deliveries.filter")}
          value={state === "inbound" && conversation ? "all" : (state ?? "all")}
          onChange={(value) =>
            void navigate({
              search: (old) => ({ ...old, state: value === "failed" || value === "inbound" ? value : undefined }),
              replace: true,
            })
          }
          data={[
            { value: "all", label: t("notifications.deliveries.filterAll") },
            { value: "failed", label: t("notifications.deliveries.filterFailed") },
            ...(conversation ? [] : [{ value: "inbound", label: t("notifications.inbound.filter") }]),
          ]}
        />
        {(conversation || from) && (
          <Button
            size="xs"
            variant="subtle"
            onClick={() =>
              void navigate({ search: (old) => ({ ...old, conversation: undefined, from: undefined }), replace: true })
            }
          >
            {t("notifications.deliveries.ofAll")}
          </Button>
        )}
      </Group>
      {inbound ? (
        <Inbound />
      ) : (
        <ul className={classes.list} aria-label={t("notifications.deliveries.list")}>
          <Pages
            key={`${state ?? ""} ${conversation ?? ""} ${from ?? ""}`}
            query={DeliveriesDocument}
            variables={{ filter, first: pageSize }}
            pageOf={({ deliveries }) => deliveries}
            row={(delivery) => <Delivery key={delivery.id} delivery={delivery} />}
            loading={
              <Stack p="md" gap="lg" role="status" aria-busy="true" aria-label={t("common.loading")}>
                {[1, 2, 3, 4, 5].map((row) => (
                  <Skeleton key={row} height={44} />
                ))}
              </Stack>
            }
            empty={
              <EmptyState
                p="xl"
                icon={<IconMailCheck stroke={1.5} />}
                title={t(`notifications.deliveries.empty.${state === "failed" ? "failed" : "all"}`)}
              />
            }
          />
        </ul>
      )}
    </Page>
  );
}

function Delivery({ delivery }: { delivery: DeliveryPartsFragment }) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const [{ fetching }, resend] = useMutation(ResendDeliveryDocument);
  const [refused, setRefused] = useState<string>();
  const [opened, setOpened] = useState(false);
  const { id, kind, rule, state, address, recipient, conversation, createdAt, sentAt, triedNextAt, lastError } = delivery;
  const name = recipient ? authorName(t, recipient) : t("notifications.deliveries.office");
  const again = async () => {
    setRefused(undefined);
    const { data, error } = await resend({ input: { id } });
    const refusal = data?.resendDelivery.errors[0];
    setRefused(error ? failureText(t, error) : refusal && refusalText(t, refusal));
  };
  return (
    <li className={classes.item}>
      <div className={classes.text}>
        <Group gap="xs">
          <Badge variant="light" color={colours[state]} styles={{ label: { color: "var(--mantine-color-text)" } }}>
            {t(`notifications.deliveries.state.${state}`)}
          </Badge>
          <Text size="sm" fw={560}>
            {t(`notifications.deliveries.kind.${kind}`)}
          </Text>
          <Text span size="xs" c="dimmed">
            <Time at={sentAt ?? createdAt} />
          </Text>
        </Group>
        <Text size="sm">
          {`${name} · ${address}`}
          {rule && <Text span c="dimmed">{` · ${t(`notifications.rule.${rule}`)}`}</Text>}
        </Text>
        {conversation && (
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link to="/conversations/$conversationId" params={{ conversationId: conversation.id }} {...props} />
            )}
          >
            {conversation.subject}
          </Anchor>
        )}
        {lastError && (
          <Text size="sm" c="dimmed">
            {lastError}
          </Text>
        )}
        {triedNextAt && (
          <Text size="xs" c="dimmed">
            {t("notifications.deliveries.triedNext")} <Time at={triedNextAt} />
          </Text>
        )}
        {delivery.resentAt && (
          <Text size="xs" c="dimmed">
            {t("notifications.deliveries.resent", { name: delivery.resentBy?.displayName ?? "" })} <Time at={delivery.resentAt} />
          </Text>
        )}
        {(state === "SENT" || state === "PERHAPS_SENT") && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-expanded={opened}
            aria-label={t("notifications.deliveries.mailOf", { name })}
            onClick={() => setOpened(!opened)}
          >
            {t("notifications.deliveries.mail")}
          </Button>
        )}
        <Collapse expanded={opened}>{opened && <Mail id={id} />}</Collapse>
        {refused && <Refused>{refused}</Refused>}
      </div>
      {viewer.role === "ADMINISTRATOR" &&
        (conversation || kind === "WEEKLY_REPORT" || kind === "CHECKPOINT") &&
        failed.includes(state) && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconSend size={14} />}
            loading={fetching}
            aria-label={t("notifications.deliveries.resendOne", { name })}
            onClick={() => void again()}
          >
            {t("notifications.deliveries.resend")}
          </Button>
        )}
    </li>
  );
}

/** What the mail server got, fetched when somebody wants to see it. */
function Mail({ id }: { id: string }) {
  const { t } = useTranslation();
  const [{ data, error }] = useQuery({ query: MailOfDocument, variables: { id } });
  if (error)
    return (
      <Text size="sm" c="red" role="alert" p="xs">
        {failureText(t, error)}
      </Text>
    );
  const delivery = data?.node && "mail" in data.node ? data.node : undefined;
  if (!delivery) return <Loader size="xs" m="xs" role="status" aria-label={t("common.loading")} />;
  const { mail } = delivery;
  if (!mail)
    return (
      <Text size="sm" c="dimmed">
        {t("notifications.deliveries.mailUnknown")}
      </Text>
    );
  return (
    <>
      <Text size="sm" fw={560}>
        {mail.subject}
      </Text>
      <Code block tabIndex={0}>
        {mail.text ?? t("notifications.deliveries.mailSecret")}
      </Code>
      <Text size="xs" c="dimmed">
        {`Message-ID ${mail.messageId} · SHA-256 ${mail.sha256}`}
      </Text>
    </>
  );
}
