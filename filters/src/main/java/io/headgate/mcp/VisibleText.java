package io.headgate.mcp;

/**
 * Tells characters that a person sees from those that only change what the person sees: control characters, those that
 * turn the direction of writing, those without width, tags, and halves of characters.
 */
public final class VisibleText {
    private VisibleText() {}

    /** Whether a character shows nothing of itself; a space does, and so does what makes an emoji of a sign. */
    public static boolean isHidden(int codePoint) {
        if (codePoint < 0x7f) {
            return codePoint < ' ';
        }
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> isBlankMark(codePoint);
        };
    }

    /** Letters and marks by their class, but nothing is drawn for them. */
    private static boolean isBlankMark(int codePoint) {
        return codePoint == 0x034f
                || (codePoint >= 0x115f && codePoint <= 0x1160)
                || (codePoint >= 0x17b4 && codePoint <= 0x17b5)
                || (codePoint >= 0x180b && codePoint <= 0x180f)
                || codePoint == 0x3164
                || (codePoint >= 0xfe00 && codePoint <= 0xfe0e)
                || codePoint == 0xffa0
                || (codePoint >= 0xe0000 && codePoint <= 0xe0fff);
    }

    /** Whether some character of a text is hidden. */
    public static boolean hasHidden(String text) {
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            if (isHidden(text.codePointAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** A text of others on one line for a person: hidden characters as escapes, white space as one space, cut if it is long. */
    public static String shown(String text, int longest) {
        StringBuilder shown = new StringBuilder(Math.min(text.length(), longest) + 16);
        boolean space = false;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int codePoint = text.codePointAt(i);
            boolean blank = codePoint == ' ' || (codePoint >= '\t' && codePoint <= '\r');
            if (shown.length() >= longest) {
                return shown.append("...").toString();
            }
            if (!blank && isHidden(codePoint)) {
                shown.append("\\u{").append(Integer.toHexString(codePoint)).append('}');
            } else if (!blank) {
                shown.appendCodePoint(codePoint);
            } else if (!space) {
                shown.append(' ');
            }
            space = blank;
        }
        return shown.toString();
    }
}
