import {
  Alert,
  Button,
  Center,
  Checkbox,
  EmptyState,
  Group,
  Input,
  ScrollArea,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { getHotkeyHandler, useDocumentTitle } from "@mantine/hooks";
import { IconMessageOff } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { byField, failureText } from "../../../api/errors";
import { newId } from "../../../api/ids";
import { useViewer } from "../../../api/session";
import {
  type ConversationStatus,
  CreateConversationDocument,
  type FilePartsFragment,
  type ViewerPartsFragment,
} from "../../../gql/pages/graphql";
import { notice } from "../../../ui/notice";
import statusClasses from "../actions/StatusControl.module.css";
import { AdministratorSelect, CustomerSelect } from "../choices";
import { AddFiles, useAddFiles } from "../compose/AddFiles";
import { Attachments } from "../compose/Attachments";
import { useDraft } from "../compose/drafts";
import { useAttachments } from "../compose/useAttachments";
import { mayCreate, mayManage } from "../may";

interface Draft {
  /** Of the conversation to be: sending the same again creates no second one. */
  id: string;
  customerId: string | null;
  subject: string;
  body: string;
  status: ConversationStatus;
  responsibleId: string | null;
  notifyAll: boolean;
  files: FilePartsFragment[];
}

const isEmpty = ({ subject, body, files }: Draft) => subject.trim() === "" && body.trim() === "" && files.length === 0;

/** Erstellen: starts a conversation. */
export function CreatePage() {
  const { t } = useTranslation();
  const viewer = useViewer();
  useDocumentTitle(`${t("conversations.new.title")} · ${t("common.product")}`);
  if (mayCreate(viewer)) return <CreateForm viewer={viewer} />;
  return (
    <Center h="100%" p="xl">
      <EmptyState
        icon={<IconMessageOff stroke={1.4} />}
        title={<Title order={2}>{t("conversations.new.title")}</Title>}
        description={t(viewer.role === "AUDITOR" ? "conversations.new.auditor" : "conversations.new.notAllowed")}
        maw={420}
      />
    </Center>
  );
}

const route = getRouteApi("/shell/conversations");

function CreateForm({ viewer }: { viewer: ViewerPartsFragment }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { customer } = route.useSearch();
  const office = mayManage(viewer);
  const [empty] = useState<Draft>(() => ({
    id: newId(),
    customerId: viewer.customer?.id ?? customer ?? null,
    subject: "",
    body: "",
    status: "OPEN",
    responsibleId: null,
    notifyAll: false,
    files: [],
  }));
  const [draft, change] = useDraft("new", empty, isEmpty);
  const keep = useCallback((files: FilePartsFragment[]) => change({ files }), [change]);
  const { attachments, files, busy, add, remove, retry, clear } = useAttachments(draft.files, keep);
  const addFiles = useAddFiles(add);
  const [{ fetching }, create] = useMutation(CreateConversationDocument);
  const [problems, setProblems] = useState<Record<string, string>>({});

  const check = (): Record<string, string> => ({
    ...(!draft.customerId && { customerId: t("conversations.new.customerNeeded") }),
    ...(!draft.subject.trim() && { subject: t("conversations.new.subjectNeeded") }),
    ...(draft.subject.trim().length > 200 && { subject: t("conversations.new.subjectLong") }),
    ...(!draft.body.trim() && { body: t("conversations.new.bodyNeeded") }),
    ...(draft.body.trim().length > 20_000 && { body: t("conversations.comments.tooLong") }),
    ...(busy && { fileIds: t("conversations.comments.wait") }),
  });

  const submit = async () => {
    const found = check();
    setProblems(found);
    const [first] = Object.keys(found);
    if (first) return void document.getElementById(`create-${first}`)?.focus();
    const { data, error } = await create({
      input: {
        id: draft.id,
        customerId: draft.customerId ?? "",
        subject: draft.subject.trim(),
        body: draft.body.trim(),
        fileIds: files.map(({ id }) => id),
        ...(office && {
          status: draft.status,
          responsibleAdministratorId: draft.responsibleId,
          notifyAllAdministrators: draft.notifyAll,
        }),
      },
    });
    if (error) return setProblems({ "": failureText(t, error) });
    const { conversation, errors = [] } = data?.createConversation ?? {};
    if (!conversation) {
      const fields = ["customerId", "subject", "body", "responsibleAdministratorId", "fileIds"] as const;
      const refused = byField(t, errors, fields);
      for (const field of fields) if (refused[field]) refused[field] = t(`conversations.refusal.${field}`);
      // Its id was used up by something else that was sent: the next try is a new conversation.
      if (errors.some(({ code, path }) => code === "CONFLICT" && path?.[0] === "id")) change({ id: newId() });
      return setProblems(refused);
    }
    clear();
    change(() => ({ ...empty, id: newId() }));
    void notice({ kind: "done", message: t("conversations.new.created") });
    await navigate({ to: "/conversations/$conversationId", params: { conversationId: conversation.id }, search: true });
  };

  const leave = getHotkeyHandler([["mod+Enter", () => void submit()]]);
  return (
    <ScrollArea h="100%" type="auto">
      <form
        aria-labelledby="create-title"
        noValidate
        onKeyDown={leave}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack maw={720} mx="auto" p={{ base: "md", sm: "xl" }}>
          <Title order={1} size="h2" id="create-title">
            {t("conversations.new.title")}
          </Title>
          {problems[""] && (
            <Alert color="red" role="alert" styles={{ message: { color: "var(--mantine-color-text)" } }}>
              {problems[""]}
            </Alert>
          )}
          {office && (
            <CustomerSelect
              id="create-customerId"
              label={t("conversations.new.customer")}
              placeholder={t("conversations.new.customerPlaceholder")}
              withAsterisk
              autoFocus={!draft.customerId}
              value={draft.customerId}
              error={problems.customerId}
              onChange={(customerId) => change({ customerId })}
            />
          )}
          <TextInput
            id="create-subject"
            label={t("conversations.new.subject")}
            withAsterisk
            autoFocus={!!draft.customerId}
            value={draft.subject}
            error={problems.subject}
            onChange={(event) => change({ subject: event.currentTarget.value })}
          />
          <Textarea
            id="create-body"
            label={t("conversations.new.body")}
            withAsterisk
            autosize
            minRows={6}
            maxRows={18}
            value={draft.body}
            error={problems.body}
            onChange={(event) => change({ body: event.currentTarget.value })}
          />
          <div>
            <Attachments attachments={attachments} remove={remove} retry={retry} />
            <AddFiles add={addFiles} />
            {problems.fileIds && <Input.Error role="alert">{problems.fileIds}</Input.Error>}
          </div>
          {office && (
            <>
              <Group grow align="flex-start" preventGrowOverflow={false} wrap="wrap">
                <Input.Wrapper
                  label={t("conversations.status.label")}
                  labelElement="div"
                  description={t(`conversations.status.hint.${draft.status}`)}
                  inputWrapperOrder={["label", "input", "description"]}
                >
                  <SegmentedControl
                    fullWidth
                    size="xs"
                    aria-label={t("conversations.status.label")}
                    value={draft.status}
                    onChange={(status) => change({ status: status as ConversationStatus })}
                    data={(["OPEN", "ATTENTION", "ANSWERED"] as const).map((value) => ({
                      value,
                      label: (
                        <span className={statusClasses.label} data-status={value}>
                          {t(`conversations.status.${value}`)}
                        </span>
                      ),
                    }))}
                  />
                </Input.Wrapper>
                <AdministratorSelect
                  label={t("conversations.responsible.label")}
                  placeholder={t("conversations.responsible.nobody")}
                  clearable
                  clearButtonProps={{ "aria-label": t("conversations.responsible.nobody") }}
                  value={draft.responsibleId}
                  error={problems.responsibleAdministratorId}
                  onChange={(responsibleId) => change({ responsibleId })}
                />
              </Group>
              <Checkbox
                label={t("conversations.new.notify")}
                description={t("conversations.new.notifyHint")}
                checked={draft.notifyAll}
                onChange={(event) => change({ notifyAll: event.currentTarget.checked })}
              />
            </>
          )}
          <Group justify="space-between" mt="xs">
            <Text size="xs" c="dimmed">
              {viewer.customer?.name}
            </Text>
            <Group gap="xs">
              <Button variant="default" onClick={() => void navigate({ to: "/conversations", search: true })}>
                {t("common.action.cancel")}
              </Button>
              <Button type="submit" loading={fetching}>
                {t("conversations.new.submit")}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </ScrollArea>
  );
}
