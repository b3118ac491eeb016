import { Avatar, Badge, Button, Skeleton, Stack, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { useViewer } from "../../api/session";
import {
  type AdministratorPartsFragment,
  AdministratorsDocument,
  DeactivateAdministratorDocument,
  InviteAdministratorDocument,
  ViewerIsOwnerDocument,
} from "../../gql/pages/graphql";
import { InviteModal } from "../../people/InviteModal";
import { MailProblem } from "../../people/MailProblem";
import classes from "../../people/People.module.css";
import { PersonMenu } from "../../people/PersonMenu";
import { PersonState } from "../../people/PersonState";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { Programs } from "./Programs";

/** Those of the office. Owners decide who they are. */
export function AdministratorsPage() {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: ViewerIsOwnerDocument });
  const [inviting, invitation] = useDisclosure();
  const [former, setFormer] = useState(false);
  const [, invite] = useMutation(InviteAdministratorDocument);
  const isOwner = data?.viewer.isOwner ?? false;
  return (
    <Page
      title={t("organisation.administrators.title")}
      actions={
        isOwner && (
          <Button size="xs" leftSection={<IconUserPlus size={16} />} onClick={invitation.open}>
            {t("organisation.administrators.invite")}
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" mb="md">
        {t(isOwner ? "organisation.administrators.lead" : "organisation.administrators.leadReader")}
      </Text>
      <ul className={classes.people} aria-label={t("organisation.administrators.title")}>
        <Pages
          query={AdministratorsDocument}
          variables={{}}
          pageOf={({ administrators }) => administrators}
          shows={({ active }) => active || former}
          row={(administrator) => <Row key={administrator.id} administrator={administrator} isOwner={isOwner} />}
          loading={
            <Stack p="md" role="status" aria-busy="true" aria-label={t("common.loading")}>
              <Skeleton h={36} />
              <Skeleton h={36} />
              <Skeleton h={36} />
            </Stack>
          }
        />
      </ul>
      <Switch
        mt="md"
        size="xs"
        label={t("organisation.administrators.former")}
        checked={former}
        onChange={(event) => setFormer(event.currentTarget.checked)}
      />
      {isOwner && <Programs />}
      <InviteModal
        opened={inviting}
        close={invitation.close}
        title={t("organisation.administrators.invite")}
        lead={t("organisation.administrators.inviteLead")}
        withRole
        invite={async (input) => {
          const { data: answer, error } = await invite({ input });
          return { error, errors: answer?.inviteAdministrator.errors };
        }}
      />
    </Page>
  );
}

function Row({ administrator, isOwner }: { administrator: AdministratorPartsFragment; isOwner: boolean }) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const [, deactivate] = useMutation(DeactivateAdministratorDocument);
  const { id, displayName, email, role, isOwner: owns, active, joined } = administrator;
  return (
    <li className={classes.person} data-inactive={!active || undefined}>
      <Avatar size={32} radius="xl" name={displayName} aria-hidden="true" />
      <div className={classes.text}>
        <Text fw={560}>
          {displayName}
          {id === viewer.id && (
            <Text span c="dimmed" size="sm">
              {` (${t("people.you")})`}
            </Text>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {email}
        </Text>
        {active && <MailProblem problem={administrator.mailProblem} />}
      </div>
      <Badge variant="default" tt="none" fw={500}>
        {t(`common.role.${owns ? "OWNER" : role}`)}
      </Badge>
      <PersonState active={active} joined={joined} />
      {isOwner && active && id !== viewer.id && (
        <PersonMenu
          person={administrator}
          consequence={t("organisation.administrators.deactivateText")}
          deactivate={async (of) => {
            const { data, error } = await deactivate({ input: { id: of } });
            return { error, errors: data?.deactivateAdministrator.errors };
          }}
        />
      )}
    </li>
  );
}
