import { ActionIcon, Menu, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAt,
  IconDots,
  IconEraser,
  IconEyeOff,
  IconFileDownload,
  IconKey,
  IconLockOpen,
  IconMailForward,
  IconMailX,
  IconShieldOff,
  IconUserCheck,
  IconUserOff,
  IconUserShare,
} from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../api/errors";
import { save } from "../api/save";
import { authorizedFetch } from "../api/session";
import {
  ErasePersonDocument,
  LiftRestrictionDocument,
  ResendInvitationDocument,
  ResetSecondFactorDocument,
  RestrictPersonDocument,
  SendEmailChangeDocument,
  SendPasswordResetDocument,
  WithdrawEmailChangeDocument,
  WithdrawInvitationDocument,
} from "../gql/pages/graphql";
import { EndQuestion } from "../ui/EndQuestion";
import { AddressModal } from "./AddressModal";
import classes from "./People.module.css";
import type { Answer } from "./PersonForm";

interface Props {
  person: {
    id: string;
    displayName: string;
    email: string;
    active: boolean;
    joined: boolean;
    hasSecondFactor: boolean;
    isRestricted: boolean;
    isErased: boolean;
    invitedAt?: string | null;
    emailChange?: { email: string } | null;
  };
  /** The consequence of deactivating them, in a sentence. */
  consequence: string;
  /** What else is asked before. */
  question?: ReactNode;
  deactivate: (id: string) => Answer;
  /** Lets them back, by an invitation to this address. */
  reactivate: (id: string, email: string) => Answer;
  /** True for an owner, who may restrict what is kept about them, or have it erased. */
  mayRestrict: boolean;
  /** Further actions on somebody who takes part. */
  actions?: (say: (what: string) => void) => ReactNode;
}

/**
 * The actions on a person: invite them again or elsewhere, withdraw that, change their address, deactivate them after a question,
 * let them back.
 */
export function PersonMenu({ person, consequence, question, deactivate, reactivate, mayRestrict, actions }: Props) {
  const { t } = useTranslation();
  const { id, displayName, email, active, joined, hasSecondFactor, isRestricted, isErased, emailChange } = person;
  const [asking, ending] = useDisclosure();
  const [addressing, address] = useDisclosure();
  const [resetting, factor] = useDisclosure();
  const [restricting, restriction] = useDisclosure();
  const [erasing, erasure] = useDisclosure();
  const [typed, setTyped] = useState("");
  const [, erase] = useMutation(ErasePersonDocument);
  const [, restrict] = useMutation(RestrictPersonDocument);
  const [, lift] = useMutation(LiftRestrictionDocument);
  const [, resetFactor] = useMutation(ResetSecondFactorDocument);
  const [, resend] = useMutation(ResendInvitationDocument);
  const [, sendReset] = useMutation(SendPasswordResetDocument);
  const [, withdraw] = useMutation(WithdrawInvitationDocument);
  const [, sendChange] = useMutation(SendEmailChangeDocument);
  const [, withdrawChange] = useMutation(WithdrawEmailChangeDocument);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const [said, setSaid] = useState("");

  const end = async () => {
    setBusy(true);
    const { error, errors = [] } = await (joined ? deactivate(id) : takeBack());
    setBusy(false);
    if (error) setRefused(failureText(t, error));
    else if (errors[0]) setRefused(refusalText(t, errors[0]));
    else ending.close();
  };
  const takeBack = async (): Answer => {
    const { data, error } = await withdraw({ input: { id } });
    return { error, errors: data?.withdrawInvitation.errors };
  };
  const again = async () => {
    const { data, error } = await resend({ input: { id } });
    const refusal = data?.resendInvitation.errors[0];
    if (error) setSaid(failureText(t, error));
    else if (refusal?.code === "CONFLICT") setSaid(t("people.resentJustNow"));
    else setSaid(refusal ? refusalText(t, refusal) : t("people.resent"));
  };
  const reset = async () => {
    const { data, error } = await sendReset({ input: { id } });
    const refusal = data?.sendPasswordReset.errors[0];
    if (error) setSaid(failureText(t, error));
    else if (refusal?.code === "CONFLICT") setSaid(t("people.resetSentOften"));
    else setSaid(refusal ? refusalText(t, refusal) : t("people.resetSent"));
  };
  const withoutFactor = async () => {
    setBusy(true);
    const { data, error } = await resetFactor({ input: { id } });
    setBusy(false);
    const refusal = data?.resetSecondFactor.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else factor.close();
  };
  const hide = async () => {
    setBusy(true);
    const { data, error } = await restrict({ input: { personId: id } });
    setBusy(false);
    const refusal = data?.restrictPerson.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else restriction.close();
  };
  const report = async () => {
    try {
      const response = await authorizedFetch(`/audit/people/${id}`, { method: "POST" });
      if (response.ok) save(await response.blob(), "auskunft.zip");
      setSaid(t(response.ok ? "people.reported" : response.status === 429 ? "people.reportBusy" : "people.reportFailed"));
    } catch {
      setSaid(t("people.reportFailed"));
    }
  };
  const show = async () => {
    const { data, error } = await lift({ input: { personId: id } });
    const refusal = data?.liftRestriction.errors[0];
    setSaid(error ? failureText(t, error) : refusal ? refusalText(t, refusal) : t("people.restrictionLifted"));
  };
  const forget = async () => {
    setBusy(true);
    const { data, error } = await erase({ input: { personId: id } });
    setBusy(false);
    const refusal = data?.erasePerson.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else erasure.close();
  };
  const elsewhere = async (to: string): Answer => {
    const { data, error } = await resend({ input: { id, email: to } });
    return { error, errors: data?.resendInvitation.errors };
  };
  const changeTo = async (to: string): Answer => {
    const { data, error } = await sendChange({ input: { id, email: to } });
    return { error, errors: data?.sendEmailChange.errors };
  };
  const keepAddress = async () => {
    const { data, error } = await withdrawChange({ input: { id } });
    const refusal = data?.withdrawEmailChange.errors[0];
    setSaid(error ? failureText(t, error) : refusal ? refusalText(t, refusal) : t("people.emailChangeWithdrawn"));
  };
  // The window asks for an address in each of the three states.
  const asked = !active
    ? ({ title: "people.reactivateQuestion", lead: "people.reactivateText", label: "people.invite" } as const)
    : joined
      ? ({ title: "people.changeEmailQuestion", lead: "people.changeEmailText", label: "people.changeEmailSubmit" } as const)
      : ({ title: "people.resendElsewhere", lead: "people.resendElsewhereText", label: "people.invite" } as const);

  return (
    <div className={classes.menu}>
      <Text span size="xs" c="dimmed" role="status">
        {said}
      </Text>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label={t("people.actions", { name: displayName })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {active && joined && (
            <Menu.Item leftSection={<IconKey size={16} />} onClick={() => void reset()}>
              {t("people.sendReset")}
            </Menu.Item>
          )}
          {active && joined && (
            <Menu.Item leftSection={<IconAt size={16} />} onClick={address.open}>
              {t("people.changeEmail")}
            </Menu.Item>
          )}
          {active && emailChange && (
            <Menu.Item leftSection={<IconMailX size={16} />} onClick={() => void keepAddress()}>
              {t("people.withdrawEmailChange")}
            </Menu.Item>
          )}
          {active && joined && hasSecondFactor && (
            <Menu.Item
              leftSection={<IconShieldOff size={16} />}
              onClick={() => {
                setRefused(undefined);
                factor.open();
              }}
            >
              {t("people.resetFactor")}
            </Menu.Item>
          )}
          {active && !joined && (
            <>
              <Menu.Item leftSection={<IconMailForward size={16} />} onClick={() => void again()}>
                {t(person.invitedAt === null ? "people.invite" : "people.resend")}
              </Menu.Item>
              <Menu.Item leftSection={<IconMailForward size={16} />} onClick={address.open}>
                {t("people.resendElsewhere")}
              </Menu.Item>
            </>
          )}
          {active && actions?.(setSaid)}
          {active ? (
            <Menu.Item
              leftSection={joined ? <IconUserOff size={16} /> : <IconMailX size={16} />}
              onClick={() => {
                setRefused(undefined);
                ending.open();
              }}
            >
              {t(joined ? "people.deactivate" : "people.withdraw")}
            </Menu.Item>
          ) : (
            <>
              {!isRestricted && (
                <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={address.open}>
                  {t("people.reactivate")}
                </Menu.Item>
              )}
              {joined && question && (
                <Menu.Item
                  leftSection={<IconUserShare size={16} />}
                  onClick={() => {
                    setRefused(undefined);
                    ending.open();
                  }}
                >
                  {t("people.handOver")}
                </Menu.Item>
              )}
            </>
          )}
          {mayRestrict && (
            <Menu.Item leftSection={<IconFileDownload size={16} />} onClick={() => void report()}>
              {t("people.report")}
            </Menu.Item>
          )}
          {mayRestrict &&
            !isErased &&
            (isRestricted ? (
              <Menu.Item leftSection={<IconLockOpen size={16} />} onClick={() => void show()}>
                {t("people.liftRestriction")}
              </Menu.Item>
            ) : (
              <Menu.Item
                leftSection={<IconEyeOff size={16} />}
                onClick={() => {
                  setRefused(undefined);
                  restriction.open();
                }}
              >
                {t("people.restrict")}
              </Menu.Item>
            ))}
          {mayRestrict && !isErased && (
            <Menu.Item
              color="red.9"
              leftSection={<IconEraser size={16} />}
              onClick={() => {
                setRefused(undefined);
                setTyped("");
                erasure.open();
              }}
            >
              {t("people.erase")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <EndQuestion
        opened={asking}
        close={ending.close}
        title={t(!active ? "people.handOverQuestion" : joined ? "people.deactivateQuestion" : "people.withdrawQuestion", {
          name: displayName,
        })}
        text={!active ? t("people.handOverText") : joined ? consequence : t("people.withdrawText")}
        label={t(!active ? "people.handOver" : joined ? "people.deactivate" : "people.withdraw")}
        end={() => void end()}
        ending={busy}
        refused={refused}
      >
        {joined && question}
      </EndQuestion>
      <EndQuestion
        opened={resetting}
        close={factor.close}
        title={t("people.resetFactorQuestion", { name: displayName })}
        text={t("people.resetFactorText")}
        label={t("people.resetFactor")}
        end={() => void withoutFactor()}
        ending={busy}
        refused={refused}
      />
      <EndQuestion
        opened={restricting}
        close={restriction.close}
        title={t("people.restrictQuestion", { name: displayName })}
        text={t("people.restrictText")}
        label={t("people.restrict")}
        end={() => void hide()}
        ending={busy}
        refused={refused}
      />
      <EndQuestion
        opened={erasing}
        close={erasure.close}
        title={t("people.eraseQuestion", { name: displayName })}
        text={t("people.eraseText")}
        label={t("people.erase")}
        end={() => void forget()}
        ending={busy}
        waits={typed.trim() !== displayName.trim()}
        refused={refused}
      >
        <TextInput
          mt="md"
          label={t("people.eraseTyped", { name: displayName })}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
        />
      </EndQuestion>
      <AddressModal
        opened={addressing}
        close={address.close}
        title={t(asked.title, { name: displayName })}
        lead={t(asked.lead)}
        label={t(asked.label)}
        email={active && joined ? "" : email}
        send={(to) => (!active ? reactivate(id, to) : joined ? changeTo(to) : elsewhere(to))}
      />
    </div>
  );
}
