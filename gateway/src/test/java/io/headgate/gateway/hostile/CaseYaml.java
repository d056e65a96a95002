package io.headgate.gateway.hostile;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.ScannerException;

/**
 * Reads YAML 1.2 whole.
 *
 * <p>SnakeYAML Engine does not know two of its escapes, {@code \L} (line separator) and {@code \P} (paragraph separator).
 * Where its scanner stops at one of them, the same character is written as {@code \}{@code uXXXX} and it reads again: so
 * only the scanner says what is an escape and what is two characters of a plain text.
 */
final class CaseYaml {
    private static final int CODE_POINTS = 64 * 1024 * 1024;

    private CaseYaml() {}

    static @Nullable Object read(String text) {
        LoadSettings settings =
                LoadSettings.builder().setCodePointLimit(CODE_POINTS).build();
        String known = text;
        while (true) {
            try {
                return new Load(settings).loadFromString(known);
            } catch (ScannerException e) {
                known = rewritten(known, e);
            }
        }
    }

    private static String rewritten(String text, ScannerException stopped) {
        int at = stopped.getProblemMark()
                .map(mark -> text.offsetByCodePoints(0, mark.getIndex()))
                .orElse(0);
        boolean isEscape = at > 0 && at < text.length() && text.charAt(at - 1) == '\\';
        String code = !isEscape ? "" : text.charAt(at) == 'L' ? "u2028" : text.charAt(at) == 'P' ? "u2029" : "";
        if (code.isEmpty()) {
            throw stopped;
        }
        return text.substring(0, at) + code + text.substring(at + 1);
    }
}
