import { Avatar, Badge, Button, Menu, NativeSelect, Skeleton, Stack, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconBeach,
  IconCalendar,
  IconCalendarOff,
  IconCrown,
  IconEye,
  IconEyeOff,
  IconShieldCheck,
  IconUserCog,
  IconUserPlus,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { useViewer } from "../../api/session";
import {
  type AccessPartsFragment,
  type AdministratorPartsFragment,
  AdministratorsDocument,
  ChangeAdministratorRoleDocument,
  DeactivateAdministratorDocument,
  ReactivateAdministratorDocument,
  ToHandOverDocument,
  ViewerIsOwnerDocument,
} from "../../gql/pages/graphql";
import { Absence } from "../../people/Absence";
import { AbsenceForm } from "../../people/AbsenceForm";
import { EmailChange } from "../../people/EmailChange";
import { MailProblem } from "../../people/MailProblem";
import classes from "../../people/People.module.css";
import { PersonModal } from "../../people/PersonForm";
import { PersonMenu } from "../../people/PersonMenu";
import { PersonState } from "../../people/PersonState";
import { day } from "../../ui/day";
import { firstDay, lastDay, useOfficeTime } from "../../ui/officeTime";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { AccessModal } from "./AccessModal";
import { InviteAdministrator } from "./InviteAdministrator";
import { Programs } from "./Programs";

/** Those of the office. Owners decide who they are. */
export function AdministratorsPage() {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: ViewerIsOwnerDocument });
  const [inviting, invitation] = useDisclosure();
  const [former, setFormer] = useState(false);
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
          variables={{ asOwner: isOwner }}
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
      {isOwner && <InviteAdministrator opened={inviting} close={invitation.close} />}
    </Page>
  );
}

interface RowProps {
  administrator: AdministratorPartsFragment & { access?: AccessPartsFragment };
  isOwner: boolean;
}

function Row({ administrator, isOwner }: RowProps) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const { zone } = useOfficeTime();
  const [, deactivate] = useMutation(DeactivateAdministratorDocument);
  const [, reactivate] = useMutation(ReactivateAdministratorDocument);
  const [, change] = useMutation(ChangeAdministratorRoleDocument);
  // The colleague who takes over; "" for nobody.
  const [successor, setSuccessor] = useState("");
  const [limiting, limits] = useDisclosure();
  const [leaving, away] = useDisclosure();
  const { access } = administrator;
  const { id, displayName, email, role, isOwner: owns, active } = administrator;
  const changeRole = async (to: { role?: "ADMINISTRATOR" | "AUDITOR"; isOwner?: boolean }, say: (what: string) => void) => {
    const { data, error } = await change({ input: { id, ...to } });
    const refusal = data?.changeAdministratorRole.errors[0];
    say(error ? failureText(t, error) : refusal ? refusalText(t, refusal) : t("organisation.administrators.roleChanged"));
  };
  const end = async () => {
    // Some at a time, until all are handed over.
    for (;;) {
      const { data, error } = await deactivate({ input: { id, handOver: { to: successor || null } } });
      const answer = data?.deactivateAdministrator;
      if (error || !answer?.hasMore || answer.errors.length > 0) return { error, errors: answer?.errors };
    }
  };
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
        {active && <EmailChange change={administrator.emailChange} />}
        {active && <Absence absence={administrator.absence} />}
      </div>
      <Badge variant="default" tt="none" fw={500}>
        {t(`common.role.${owns ? "OWNER" : role}`)}
      </Badge>
      {access && !access.all && (
        <Badge variant="light" tt="none" fw={500} leftSection={<IconEye size={12} />}>
          <Given access={access} />
        </Badge>
      )}
      {active && administrator.hasSecondFactor && (
        <Badge variant="default" tt="none" fw={500} leftSection={<IconShieldCheck size={12} />}>
          {t("people.secondFactor")}
        </Badge>
      )}
      {access && !access.notes && (
        <Badge variant="light" tt="none" fw={500} leftSection={<IconEyeOff size={12} />}>
          {t("organisation.access.noNotes")}
        </Badge>
      )}
      {access && (access.from || access.to) && (
        <Badge variant="light" tt="none" fw={500} leftSection={<IconCalendar size={12} />}>
          {[
            ...(access.from ? [t("organisation.access.since", { day: day(firstDay(access.from, zone)) })] : []),
            ...(access.to ? [t("organisation.access.upTo", { day: day(lastDay(access.to, zone)) })] : []),
          ].join(" ")}
        </Badge>
      )}
      {access?.until && (
        <Badge variant="light" tt="none" fw={500} leftSection={<IconCalendarOff size={12} />}>
          {t(Date.parse(access.until) > Date.now() ? "organisation.access.endsAt" : "organisation.access.ended", {
            day: day(lastDay(access.until, zone)),
          })}
        </Badge>
      )}
      <PersonState person={administrator} />
      {isOwner && id !== viewer.id && (
        <PersonMenu
          person={administrator}
          consequence={t("organisation.administrators.deactivateText")}
          question={<Successor of={id} value={successor} choose={setSuccessor} />}
          deactivate={end}
          mayRestrict
          reactivate={async (of, to) => {
            const { data, error } = await reactivate({ input: { id: of, email: to } });
            return { error, errors: data?.reactivateAdministrator.errors };
          }}
          actions={(say) => (
            <>
              {role === "ADMINISTRATOR" && (
                <Menu.Item leftSection={<IconCrown size={16} />} onClick={() => void changeRole({ isOwner: !owns }, say)}>
                  {t(owns ? "organisation.administrators.dismissOwner" : "organisation.administrators.nameOwner")}
                </Menu.Item>
              )}
              {role === "ADMINISTRATOR" && (
                <Menu.Item leftSection={<IconBeach size={16} />} onClick={away.open}>
                  {t("people.absence.action")}
                </Menu.Item>
              )}
              {!owns && (
                <Menu.Item leftSection={<IconEye size={16} />} onClick={limits.open}>
                  {t("organisation.access.action")}
                </Menu.Item>
              )}
              <Menu.Item
                leftSection={<IconUserCog size={16} />}
                onClick={() => void changeRole({ role: role === "AUDITOR" ? "ADMINISTRATOR" : "AUDITOR" }, say)}
              >
                {t(
                  role === "AUDITOR"
                    ? "organisation.administrators.makeAdministrator"
                    : "organisation.administrators.makeAuditor",
                )}
              </Menu.Item>
            </>
          )}
        />
      )}
      {isOwner && (
        <PersonModal opened={leaving} close={away.close} title={t("people.absence.titleOf", { name: displayName })}>
          <AbsenceForm id={id} />
        </PersonModal>
      )}
      {isOwner && (
        <AccessModal opened={limiting} close={limits.close} id={id} name={displayName} isAuditor={role === "AUDITOR"} />
      )}
    </li>
  );
}

/** How much of the office somebody was given; what there is none of is not said. */
function Given({ access }: { access: AccessPartsFragment }) {
  const { t } = useTranslation();
  const [customers, tags] = [access.customerIds.length, access.tags.length];
  const given = [
    ...(customers > 0 ? [t("organisation.access.someCustomers", { count: customers })] : []),
    ...(tags > 0 ? [t("organisation.access.someTags", { count: tags })] : []),
  ];
  return given.join(", ") || t("organisation.access.none");
}

/** Asks what becomes of the conversations that somebody is responsible for. */
function Successor({ of, value, choose }: { of: string; value: string; choose: (id: string) => void }) {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: ToHandOverDocument, variables: { id: of }, requestPolicy: "network-only" });
  const count = data?.conversations.totalCount;
  if (!count) return null;
  const colleagues = data.administrators.nodes.filter(({ id, role, active }) => active && role === "ADMINISTRATOR" && id !== of);
  return (
    <NativeSelect
      mt="md"
      label={t("organisation.administrators.successor", { count })}
      description={t("organisation.administrators.successorHint")}
      value={value}
      onChange={(event) => choose(event.currentTarget.value)}
      data={[
        { value: "", label: t("organisation.administrators.nobody") },
        ...colleagues.map(({ id, displayName }) => ({ value: id, label: displayName })),
      ]}
    />
  );
}
