package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person does not see of a text is found, and shown as an escape. */
class VisibleTextTest {
    @ParameterizedTest
    @ValueSource(
            ints = {
                0, 0x1b, 0x7f, 0x80, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f,
                0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x3164, 0xfe00, 0xfeff, 0xffa0, 0xd800, 0xdfff,
                0xe0001, 0xe0041, 0xe007f, 0xe0100
            })
    void hidden(int codePoint) {
        assertThat(VisibleText.isHidden(codePoint)).isTrue();
        String text = "read" + new String(Character.toChars(codePoint)) + "file";
        assertThat(VisibleText.hasHidden(text)).isTrue();
        assertThat(VisibleText.shown(text, 100)).isEqualTo("read\\u{" + Integer.toHexString(codePoint) + "}file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read file",
                "~",
                "\u00e4\u00f6\u00fc",
                "\u6771\u4eac",
                "\u05e9\u05dc\u05d5\u05dd",
                "e\u0301",
                "\ud83d\ude00",
                "\u2764\ufe0f"
            })
    void seen(String text) {
        assertThat(VisibleText.hasHidden(text)).isFalse();
        assertThat(VisibleText.shown(text, 100)).isEqualTo(text);
    }

    @Test
    void isOneLineAndNotLong() {
        assertThat(VisibleText.shown("a\r\n\t b\nc", 100)).isEqualTo("a b c");
        assertThat(VisibleText.shown("x".repeat(50), 10)).isEqualTo("xxxxxxxxxx...");
        assertThat(VisibleText.shown("\u001b".repeat(1000), 20)).hasSizeLessThan(40);
    }
}
