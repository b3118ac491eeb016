import { Alert, Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDeviceMobile, IconFingerprint, IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { attemptText, refusalText } from "../../../api/errors";
import {
  CreateRecoveryCodesDocument,
  RemoveSecondFactorDocument,
  SecondFactorsDocument,
  type SecondFactorsQuery,
} from "../../../gql/pages/graphql";
import { EndQuestion } from "../../../ui/EndQuestion";
import { Failed } from "../../../ui/Failed";
import { exactTime } from "../../../ui/instants";
import { Section } from "../../../ui/Section";
import { Time } from "../../../ui/Time";
import { PasswordField } from "../passwords/PasswordField";
import { AddFactor } from "../secondFactor/AddFactor";
import { RecoveryCodes } from "../secondFactor/RecoveryCodes";
import classes from "./Devices.module.css";

type Factor = SecondFactorsQuery["viewer"]["secondFactors"]["factors"][number];

/** What the viewer proves at sign-in besides the password. */
export function SecondFactor() {
  const { t, i18n } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: SecondFactorsDocument, requestPolicy: "cache-and-network" });
  const [, remove] = useMutation(RemoveSecondFactorDocument);
  const [, make] = useMutation(CreateRecoveryCodesDocument);
  const [adding, addition] = useDisclosure();
  const [removing, setRemoving] = useState<Factor>();
  const [making, creation] = useDisclosure();
  const [codes, setCodes] = useState<readonly string[]>();
  const [said, setSaid] = useState<string>();
  const changed = () => again({ requestPolicy: "network-only" });
  const state = data?.viewer.secondFactors;
  const nameOf = ({ name, kind }: Factor) => name || t(`accounts.secondFactor.kind.${kind}`);
  const leave = () => {
    addition.close();
    setCodes(undefined);
  };

  return (
    <Section
      title={t("accounts.secondFactor.title")}
      lead={t("accounts.secondFactor.lead")}
      anchor="second-factor"
      actions={
        <Button variant="default" size="xs" onClick={addition.open}>
          {t("accounts.secondFactor.add")}
        </Button>
      }
    >
      {state ? (
        <>
          {state.requiredFrom && (
            <Alert
              role="note"
              icon={<IconShieldCheck size={18} />}
              color={state.factors.length > 0 ? "gray" : "orange"}
              variant="light"
              mb="sm"
              styles={{ message: { color: "var(--mantine-color-text)" } }}
            >
              {Date.parse(state.requiredFrom) > Date.now()
                ? t("accounts.secondFactor.required", { date: exactTime(Date.parse(state.requiredFrom), i18n.language) })
                : t("accounts.secondFactor.isRequired")}
            </Alert>
          )}
          {state.factors.length > 0 ? (
            <Stack gap={0} component="ul" className={classes.list} aria-label={t("accounts.secondFactor.list")}>
              {state.factors.map((factor) => (
                <li key={factor.id} className={classes.device}>
                  {factor.kind === "PASSKEY" ? (
                    <IconFingerprint size={22} stroke={1.5} aria-hidden />
                  ) : (
                    <IconDeviceMobile size={22} stroke={1.5} aria-hidden />
                  )}
                  <div className={classes.text}>
                    <Text fw={550}>{nameOf(factor)}</Text>
                    <Text size="xs" c="dimmed">
                      {t(`accounts.secondFactor.kind.${factor.kind}`)} · {t("accounts.secondFactor.since")}{" "}
                      <Time at={factor.createdAt} /> ·{" "}
                      {factor.lastUsedAt ? (
                        <>
                          {t("accounts.secondFactor.used")} <Time at={factor.lastUsedAt} />
                        </>
                      ) : (
                        t("accounts.secondFactor.neverUsed")
                      )}
                    </Text>
                  </div>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => setRemoving(factor)}
                    aria-label={t("accounts.secondFactor.removeNamed", { name: nameOf(factor) })}
                  >
                    {t("accounts.secondFactor.remove")}
                  </Button>
                </li>
              ))}
            </Stack>
          ) : (
            <Text size="sm" c="dimmed">
              {t("accounts.secondFactor.none")}
            </Text>
          )}
          <Group justify="space-between" mt="sm">
            <Text role="status" size="sm" c="var(--status-answered)" mih={20}>
              {said}
            </Text>
            {state.factors.length > 0 && (
              <Group gap="sm">
                <Text size="sm" c={state.recoveryCodesLeft < 3 ? "var(--status-attention)" : "dimmed"}>
                  {t("accounts.secondFactor.codes.left", { count: state.recoveryCodesLeft })}
                </Text>
                <Button variant="default" size="xs" onClick={creation.open}>
                  {t("accounts.secondFactor.codes.create")}
                </Button>
              </Group>
            )}
          </Group>
        </>
      ) : error ? (
        <Failed error={error} retry={changed} />
      ) : (
        <Skeleton h={64} role="status" aria-busy aria-label={t("common.loading")} />
      )}
      <Modal
        opened={adding}
        onClose={leave}
        title={t(codes ? "accounts.secondFactor.codes.title" : "accounts.secondFactor.title")}
        closeOnClickOutside={!codes}
        closeOnEscape={!codes}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
      >
        {codes ? (
          <RecoveryCodes codes={codes} done={leave} />
        ) : (
          <AddFactor
            cancel={leave}
            onAdded={({ recoveryCodes }) => {
              setSaid(t("accounts.secondFactor.added"));
              changed();
              if (recoveryCodes.length > 0) setCodes(recoveryCodes);
              else leave();
            }}
          />
        )}
      </Modal>
      <WithPassword
        opened={removing !== undefined}
        close={() => setRemoving(undefined)}
        title={t("accounts.secondFactor.removeQuestion", { name: removing && nameOf(removing) })}
        text={t("accounts.secondFactor.removeText")}
        label={t("accounts.secondFactor.remove")}
        run={async (currentPassword) => {
          const { data: answer, error: failure } = await remove({ input: { id: removing!.id, currentPassword } });
          const refusal = answer?.removeSecondFactor.errors[0];
          if (!failure && !refusal) {
            setSaid(t("accounts.secondFactor.removed"));
            changed();
          }
          return { failure, refusal };
        }}
      />
      <WithPassword
        opened={making}
        close={creation.close}
        title={t("accounts.secondFactor.codes.create")}
        text={t("accounts.secondFactor.codes.createText")}
        label={t("accounts.secondFactor.codes.create")}
        run={async (currentPassword) => {
          const { data: answer, error: failure } = await make({ input: { currentPassword } });
          const refusal = answer?.createRecoveryCodes.errors[0];
          if (!failure && !refusal) {
            setCodes(answer!.createRecoveryCodes.recoveryCodes);
            addition.open();
            changed();
          }
          return { failure, refusal };
        }}
      />
    </Section>
  );
}

interface Props {
  opened: boolean;
  close: () => void;
  title: string;
  text: string;
  label: string;
  run: (currentPassword: string | undefined) => Promise<{
    failure: Parameters<typeof attemptText>[1] | undefined;
    refusal: Parameters<typeof refusalText>[1] | undefined;
  }>;
}

/** Asks before something changes, and for the password where the sign-in is a while ago. */
function WithPassword({ opened, close, title, text, label, run }: Props) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string>();
  const [refused, setRefused] = useState<string>();
  const [busy, setBusy] = useState(false);
  const leave = () => {
    close();
    setAsked(false);
    setPassword("");
    setWrong(undefined);
    setRefused(undefined);
  };
  const go = async () => {
    setBusy(true);
    setRefused(undefined);
    setWrong(undefined);
    const { failure, refusal } = await run(password || undefined);
    setBusy(false);
    if (failure) {
      setRefused(attemptText(t, failure));
    } else if (refusal?.path?.includes("currentPassword")) {
      if (asked) setWrong(t("accounts.profile.password.wrong"));
      setAsked(true);
    } else if (refusal) setRefused(refusalText(t, refusal));
    else leave();
  };
  return (
    <EndQuestion
      opened={opened}
      close={leave}
      title={title}
      text={text}
      label={label}
      end={() => void go()}
      ending={busy}
      {...(refused !== undefined && { refused })}
    >
      {asked && (
        <PasswordField
          mt="md"
          label={t("accounts.profile.password.current")}
          description={t("accounts.secondFactor.passwordHint")}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={wrong}
        />
      )}
    </EndQuestion>
  );
}
