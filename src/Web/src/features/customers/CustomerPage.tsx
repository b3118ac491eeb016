import { Anchor, Avatar, Badge, Button, EmptyState, Menu, Skeleton, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowLeft, IconBuildingOff, IconMessageOff, IconTags, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { useViewer } from "../../api/session";
import { StatusBadge } from "../../conversation/StatusBadge";
import {
  type ContactPartsFragment,
  CustomerConversationsDocument,
  CustomerDocument,
  DeactivateContactDocument,
  InviteContactDocument,
  ReactivateContactDocument,
} from "../../gql/pages/graphql";
import { EmailChange } from "../../people/EmailChange";
import { InviteModal } from "../../people/InviteModal";
import { MailProblem } from "../../people/MailProblem";
import classes from "../../people/People.module.css";
import { PersonMenu } from "../../people/PersonMenu";
import { PersonState } from "../../people/PersonState";
import { Failed } from "../../ui/Failed";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { Section } from "../../ui/Section";
import { Time } from "../../ui/Time";
import { Details } from "./Details";
import { EndOfMandate } from "./EndOfMandate";
import { Keeping } from "./Keeping";
import { TopicsModal } from "./TopicsModal";

const route = getRouteApi("/shell/customers/$customerId");
const pageSize = 25;

/** One customer: its people, and the conversations with it. */
export function CustomerPage() {
  const { t } = useTranslation();
  const { customerId: id } = route.useParams();
  const { role, isOwner, isNarrow } = useViewer();
  const mayInvite = role === "ADMINISTRATOR";
  const [{ data, error }, again] = useQuery({
    query: CustomerDocument,
    variables: { id, withRetention: !isNarrow },
    requestPolicy: "cache-and-network",
  });
  const [inviting, invitation] = useDisclosure();
  const [, invite] = useMutation(InviteContactDocument);
  const customer = data?.customer;

  const back = (
    <Anchor size="sm" renderRoot={(props) => <Link to="/customers" {...props} />}>
      <IconArrowLeft size={14} style={{ verticalAlign: "-2px" }} aria-hidden="true" /> {t("customers.back")}
    </Anchor>
  );
  if (!customer)
    return (
      <Page title={t("customers.title")} actions={back}>
        {error ? (
          <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />
        ) : data ? (
          <EmptyState
            p="xl"
            icon={<IconBuildingOff stroke={1.5} />}
            title={t("customers.gone")}
            description={t("common.notFound.text")}
          />
        ) : (
          <Stack role="status" aria-busy="true" aria-label={t("common.loading")}>
            <Skeleton h={140} />
            <Skeleton h={240} />
          </Stack>
        )}
      </Page>
    );
  return (
    <Page title={customer.name} actions={back}>
      <Details key={customer.id} customer={customer} mayChange={mayInvite} />
      <Section
        title={t("customers.contacts.title")}
        lead={t("customers.contacts.lead")}
        actions={
          mayInvite && (
            <Button size="xs" variant="default" leftSection={<IconUserPlus size={16} />} onClick={invitation.open}>
              {t("customers.contacts.invite")}
            </Button>
          )
        }
      >
        {customer.contacts.length === 0 ? (
          <EmptyState
            size="sm"
            p="md"
            icon={<IconUsers stroke={1.5} />}
            title={t("customers.contacts.empty")}
            description={t("customers.contacts.emptyText")}
          />
        ) : (
          <ul className={classes.people} aria-label={t("customers.contacts.title")}>
            {customer.contacts.map((contact) => (
              <Contact key={contact.id} contact={contact} mayChange={mayInvite} />
            ))}
          </ul>
        )}
      </Section>
      <Section
        title={t("customers.conversations.title")}
        actions={
          <Anchor size="sm" renderRoot={(props) => <Link to="/conversations" search={{ customer: id }} {...props} />}>
            {t("customers.conversations.all")}
          </Anchor>
        }
      >
        <ul className={classes.people} aria-label={t("customers.conversations.title")}>
          <Conversations id={id} />
        </ul>
      </Section>
      <EndOfMandate customer={customer} mayChange={mayInvite} />
      {customer.retention && <Keeping customer={customer} retention={customer.retention} isOwner={isOwner} />}
      <InviteModal
        opened={inviting}
        close={invitation.close}
        title={t("customers.contacts.invite")}
        lead={t("customers.contacts.inviteLead", { customer: customer.name })}
        invite={async ({ displayName, email }) => {
          const { data: answer, error: failure } = await invite({ input: { customerId: id, displayName, email } });
          return { error: failure, errors: answer?.inviteContact.errors };
        }}
      />
    </Page>
  );
}

function Contact({ contact, mayChange }: { contact: ContactPartsFragment; mayChange: boolean }) {
  const { t } = useTranslation();
  const [, deactivate] = useMutation(DeactivateContactDocument);
  const [, reactivate] = useMutation(ReactivateContactDocument);
  const [choosing, topics] = useDisclosure();
  const { isOwner } = useViewer();
  const { displayName, email, active } = contact;
  return (
    <li className={classes.person} data-inactive={!active || undefined}>
      <Avatar size={32} radius="xl" name={displayName} aria-hidden="true" />
      <div className={classes.text}>
        <Text fw={560}>{displayName}</Text>
        <Text size="sm" c="dimmed">
          {email}
        </Text>
        {active && <MailProblem problem={contact.mailProblem} />}
        {active && <EmailChange change={contact.emailChange} />}
      </div>
      {contact.topics.length > 0 && (
        <Badge variant="light" tt="none" fw={500} maw={260} leftSection={<IconTags size={12} />}>
          {t("customers.topics.only", { topics: contact.topics.join(", ") })}
        </Badge>
      )}
      <PersonState person={contact} />
      {mayChange && (
        <PersonMenu
          person={contact}
          actions={() => (
            <Menu.Item leftSection={<IconTags size={16} />} onClick={topics.open}>
              {t("customers.topics.action")}
            </Menu.Item>
          )}
          consequence={t("customers.contacts.deactivateText")}
          mayRestrict={isOwner}
          deactivate={async (id) => {
            const { data, error } = await deactivate({ input: { id } });
            return { error, errors: data?.deactivateContact.errors };
          }}
          reactivate={async (id, to) => {
            const { data, error } = await reactivate({ input: { id, email: to } });
            return { error, errors: data?.reactivateContact.errors };
          }}
        />
      )}
      {mayChange && <TopicsModal opened={choosing} close={topics.close} contact={contact} />}
    </li>
  );
}

/** The conversations with a customer, the last changed first. */
function Conversations({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Pages
      query={CustomerConversationsDocument}
      variables={{ id, first: pageSize }}
      pageOf={({ customer }) => customer?.conversations}
      row={({ id: conversation, subject, status, updatedAt, responsibleAdministrator }) => (
        <li key={conversation}>
          <Link to="/conversations/$conversationId" params={{ conversationId: conversation }} className={classes.link}>
            <span className={classes.text}>
              <Text span display="block" fw={560}>
                {subject}
              </Text>
              <Text span size="sm" c="dimmed">
                {responsibleAdministrator?.displayName ?? t("customers.conversations.nobody")}
              </Text>
            </span>
            <StatusBadge status={status} />
            <Text span size="xs" c="dimmed">
              <Time at={updatedAt} />
            </Text>
          </Link>
        </li>
      )}
      loading={<Skeleton h={120} role="status" aria-label={t("common.loading")} />}
      empty={
        <EmptyState
          size="sm"
          p="lg"
          icon={<IconMessageOff stroke={1.5} />}
          title={t("customers.conversations.empty")}
          description={t("customers.conversations.emptyText")}
        />
      }
    />
  );
}
