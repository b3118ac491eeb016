import { Alert, Box, Select, Skeleton, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconEye, IconMail } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { byField, failureText } from "../../api/errors";
import {
  type OrganisationPartsFragment,
  OrganisationSettingsDocument,
  UpdateOrganisationSettingsDocument,
} from "../../gql/pages/graphql";
import { languages } from "../../i18n";
import { MailProblem } from "../../people/MailProblem";
import { isEmail } from "../../ui/email";
import { Failed } from "../../ui/Failed";
import { LeaveGuard } from "../../ui/LeaveGuard";
import { Page } from "../../ui/Page";
import { SaveRow } from "../../ui/SaveRow";
import { Section } from "../../ui/Section";
import { isVisible } from "../../ui/visible";
import { Calendar } from "./Calendar";
import { Retention } from "./Retention";
import { SecondFactorRequirement } from "./SecondFactorRequirement";
import { timeZones } from "./timeZones";

/** Organisationseinstellungen: owners change them, the others of the office read them. */
export function SettingsPage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: OrganisationSettingsDocument, requestPolicy: "cache-and-network" });
  return (
    <Page title={t("organisation.settings.title")}>
      {data ? (
        <>
          <Settings organisation={data.organisation} mayEdit={data.viewer.isOwner} />
          <Calendar organisation={data.organisation} mayEdit={data.viewer.isOwner} />
          <Retention organisation={data.organisation} mayEdit={data.viewer.isOwner} />
          <SecondFactorRequirement organisation={data.organisation} mayEdit={data.viewer.isOwner} />
        </>
      ) : error ? (
        <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />
      ) : (
        <Stack role="status" aria-busy="true" aria-label={t("common.loading")}>
          <Skeleton h={150} />
          <Skeleton h={260} />
        </Stack>
      )}
    </Page>
  );
}

const mailContents = ["FULL", "REGISTERED_ADDRESS_ONLY", "NONE"] as const;

// Whoever only reads what is set reads what it is about, too.
const legible = { label: { color: "var(--mantine-color-text)" } };

const valuesOf = ({ name, settings }: OrganisationPartsFragment) => ({
  name,
  notificationEmail: settings.notificationEmail,
  locale: settings.locale,
  timeZone: settings.timeZone,
  customersMayStartConversations: settings.customersMayStartConversations,
  customersAreToldAnswered: settings.customersAreToldAnswered,
  mailContent: settings.mailContent,
  showsPersonalTimes: settings.showsPersonalTimes,
});

function Settings({ organisation, mayEdit }: { organisation: OrganisationPartsFragment; mayEdit: boolean }) {
  const { t } = useTranslation();
  const [{ fetching }, update] = useMutation(UpdateOrganisationSettingsDocument);
  const [saved, setSaved] = useState(false);
  const [refused, setRefused] = useState<string>();
  const zones = useMemo(() => timeZones(organisation.settings.timeZone, new Date()), [organisation.settings.timeZone]);
  const form = useForm({
    initialValues: valuesOf(organisation),
    validate: {
      name: (value) => (isVisible(value) ? null : t("organisation.settings.name.needed")),
      notificationEmail: (value) => (isEmail(value) ? null : t("organisation.settings.email.invalid")),
      timeZone: (value) => (value ? null : t("organisation.settings.timeZone.needed")),
    },
  });
  const dirty = form.isDirty();

  const submit = async (values: typeof form.values) => {
    setRefused(undefined);
    setSaved(false);
    const { data, error } = await update({
      input: { ...values, name: values.name.trim(), notificationEmail: values.notificationEmail.trim() },
    });
    if (error) return setRefused(failureText(t, error));
    const { errors, organisation: now } = data!.updateOrganisationSettings;
    const { "": general, ...fields } = byField(t, errors, Object.keys(values));
    setRefused(general);
    form.setErrors(fields);
    if (errors.length > 0 || !now) return;
    form.setInitialValues(valuesOf(now));
    form.setValues(valuesOf(now));
    setSaved(true);
  };

  return (
    <Box component="form" noValidate mb="md" onSubmit={form.onSubmit((values) => void submit(values))}>
      <LeaveGuard when={dirty} />
      {!mayEdit && (
        <Alert
          role="note"
          icon={<IconEye size={18} />}
          color="gray"
          variant="light"
          mb="md"
          styles={{ message: { color: "var(--mantine-color-text)" } }}
        >
          {t("organisation.settings.readOnly")}
        </Alert>
      )}
      <Section title={t("organisation.settings.email.section")} lead={t("organisation.settings.email.lead")}>
        <TextInput
          label={t("organisation.settings.email.label")}
          description={t("organisation.settings.email.hint")}
          type="email"
          leftSection={<IconMail size={16} stroke={1.7} />}
          readOnly={!mayEdit}
          {...form.getInputProps("notificationEmail")}
        />
        <MailProblem problem={organisation.settings.mailProblem} />
        <Select
          label={t("organisation.settings.mailContent.label")}
          description={t("organisation.settings.mailContent.hint")}
          data={mailContents.map((value) => ({ value, label: t(`organisation.settings.mailContent.${value}`) }))}
          allowDeselect={false}
          readOnly={!mayEdit}
          mt="md"
          {...form.getInputProps("mailContent")}
        />
      </Section>
      <Section title={t("organisation.settings.office.section")}>
        <Stack>
          <TextInput
            label={t("organisation.settings.name.label")}
            maxLength={200}
            readOnly={!mayEdit}
            {...form.getInputProps("name")}
          />
          <Select
            label={t("organisation.settings.locale.label")}
            description={t("organisation.settings.locale.hint")}
            data={languages.map((value) => ({ value, label: t(`common.languages.${value}`) }))}
            allowDeselect={false}
            readOnly={!mayEdit}
            {...form.getInputProps("locale")}
          />
          <Select
            label={t("organisation.settings.timeZone.label")}
            description={t("organisation.settings.timeZone.hint")}
            data={zones}
            searchable
            limit={80}
            allowDeselect={false}
            nothingFoundMessage={t("organisation.settings.timeZone.none")}
            readOnly={!mayEdit}
            {...form.getInputProps("timeZone")}
          />
          <Switch
            label={t("organisation.settings.personalTimes.label")}
            description={t("organisation.settings.personalTimes.hint")}
            disabled={!mayEdit}
            styles={legible}
            {...form.getInputProps("showsPersonalTimes", { type: "checkbox" })}
          />
        </Stack>
      </Section>
      <Section title={t("organisation.settings.customers.section")}>
        <Stack>
          <Switch
            label={t("organisation.settings.customers.label")}
            description={t("organisation.settings.customers.hint")}
            disabled={!mayEdit}
            styles={legible}
            {...form.getInputProps("customersMayStartConversations", { type: "checkbox" })}
          />
          <Switch
            label={t("organisation.settings.customers.toldAnswered")}
            description={t("organisation.settings.customers.toldAnsweredHint")}
            disabled={!mayEdit}
            styles={legible}
            {...form.getInputProps("customersAreToldAnswered", { type: "checkbox" })}
          />
        </Stack>
      </Section>
      {mayEdit && (
        <Stack mt="md">
          <SaveRow
            dirty={dirty}
            saving={fetching}
            saved={saved}
            refused={refused}
            reset={() => {
              form.reset();
              setRefused(undefined);
            }}
          />
          {dirty && (
            <Text size="sm" c="dimmed">
              {t("organisation.settings.unsaved")}
            </Text>
          )}
        </Stack>
      )}
    </Box>
  );
}
