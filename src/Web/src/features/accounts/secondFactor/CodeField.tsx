import { TextInput, type TextInputProps } from "@mantine/core";

/** The six digits of an app. */
export function CodeField(props: TextInputProps) {
  return (
    <TextInput
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={10}
      size="md"
      spellCheck={false}
      styles={{ input: { letterSpacing: "0.15em", fontVariantNumeric: "tabular-nums" } }}
      {...props}
    />
  );
}
